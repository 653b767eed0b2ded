package apptest

import (
	"testing"

	"ayni/internal/kernel/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }
