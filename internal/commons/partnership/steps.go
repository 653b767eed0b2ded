package partnership

// Element is one of the thirty-five bullets of the guide's eleven steps.
// Names and texts are rows of the reference lists "step" and "element".
type Element struct {
	Key  string // prospect.geography
	Step string // prospect
	Name string // geography
}

// Step is one of the eleven steps in the guide's order.
type Step struct {
	Key      string
	Number   int // 1 to 11
	Elements []Element
}

// Steps are the eleven steps with their elements.
var Steps = buildSteps([]struct {
	step     string
	elements []string
}{
	{"prospect", []string{"geography", "expertise"}},
	{"convergence", []string{"values", "stakeholders"}},
	{"strategy", []string{"scope", "resources", "communication", "measurement"}},
	{"outreach", []string{"channels", "messages", "feedback", "presence"}},
	{"agreement", []string{"agreement", "finance"}},
	{"project", []string{"alignment", "progress", "flexibility"}},
	{"capacity", []string{"needs", "training", "assistance", "loop", "learning"}},
	{"sustainability", []string{"plan", "commitment", "impact"}},
	{"evaluation", []string{"data", "indicators", "impact", "reporting"}},
	{"practice", []string{"documentation", "sharing", "peers"}},
	{"horizon", []string{"scanning", "engagement", "innovation"}},
})

func buildSteps(in []struct {
	step     string
	elements []string
}) []Step {
	var out []Step
	for i, s := range in {
		step := Step{Key: s.step, Number: i + 1}
		for _, e := range s.elements {
			step.Elements = append(step.Elements, Element{Key: s.step + "." + e, Step: s.step, Name: e})
		}
		out = append(out, step)
	}
	return out
}

// Elements are all thirty-five in order.
var Elements = func() []Element {
	var out []Element
	for _, s := range Steps {
		out = append(out, s.Elements...)
	}
	return out
}()

// ElementOf finds an element by its key.
func ElementOf(key string) (Element, bool) {
	for _, e := range Elements {
		if e.Key == key {
			return e, true
		}
	}
	return Element{}, false
}

// StepOf finds a step by its key.
func StepOf(key string) (Step, bool) {
	for _, s := range Steps {
		if s.Key == key {
			return s, true
		}
	}
	return Step{}, false
}
