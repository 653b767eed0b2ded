package app

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/mail"
)

// servedFile says how the installation was served last. It lies in the data
// folder, is in no backup, and holds no secret.
const servedFile = "served.json"

// served is how the installation was served last, for doctor: flags are known
// to the process alone that was given them.
type served struct {
	At      clock.Ms `json:"at"`
	Open    bool     `json:"open"` // others than this machine reach it
	TLS     bool     `json:"tls"`  // the server speaks TLS itself
	BaseURL string   `json:"base_url"`
	Proxies int      `json:"proxies"` // networks of proxies that are trusted
	Demo    bool     `json:"demo"`
	Mail    mail.Way `json:"mail"`
}

// noteServed writes how the server was started. Where that fails doctor knows
// less, and the server goes on.
func (a *App) noteServed(o ServeOptions) {
	b, err := json.Marshal(served{
		At: a.DB.Clock.Now(), Open: !loopbackAddr(o.Addr), TLS: o.TLSCert != "", BaseURL: o.BaseURL,
		Proxies: len(o.Trusted), Demo: a.Options.Demo, Mail: a.Options.Mail.Way(),
	})
	if err == nil {
		err = os.WriteFile(a.Options.in(servedFile), append(b, '\n'), 0o600)
	}
	if err != nil {
		a.Options.Log.Warn("note how the server was started", "error", err)
	}
}

// lastServed reads how the installation was served last; false where it was not.
func lastServed(o Options) (served, bool, error) {
	var s served
	b, err := os.ReadFile(o.in(servedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return s, false, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	return s, err == nil, err
}
