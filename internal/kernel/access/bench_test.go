package access

import (
	"testing"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
)

// Identify runs before every page: it is one query.
func BenchmarkIdentify(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			s := newService(open(b))
			token, _, err := s.SetUpToken(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			session, err := s.SetUp(b.Context(), token, SetUpForm{Name: "A", Email: "a@example.org", Password: goodPassword, HostName: "H", Lang: "en"}, "", "")
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				_, err := s.Identify(b.Context(), session)
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSignInFails compares what an unknown and a known account cost (AU3).
func BenchmarkSignInFails(b *testing.B) {
	s := newService(dbtest.SQLite(b))
	token, _, err := s.SetUpToken(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	_, err = s.SetUp(b.Context(), token, SetUpForm{Name: "A", Email: "known@example.org", Password: goodPassword, HostName: "H", Lang: "en"}, "", "")
	if err != nil {
		b.Fatal(err)
	}
	for _, email := range []string{"known@example.org", "unknown@example.org"} {
		b.Run(email, func(b *testing.B) {
			for b.Loop() {
				_, _, err := s.SignIn(b.Context(), email, "wrong password", "", "")
				if err == nil {
					b.Fatal("let in")
				}
				s.limits.forgive(email, "", s.db.Clock.Now())
			}
		})
	}
}
