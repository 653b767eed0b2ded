// Package locale embeds the texts of the product. en.json is generated from
// the calls in the code (make gen); fr.json and es.json are written by people.
package locale

import "embed"

// FS holds en.json, fr.json and es.json.
//
//go:embed *.json
var FS embed.FS
