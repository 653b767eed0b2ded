package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed assets
var assetFiles embed.FS

// AssetPrefix is the beginning of the addresses that Assets serves.
const AssetPrefix = "/a/"

type asset struct {
	mediaType  string
	tag        string
	body, gzip []byte
}

type assetSet struct {
	version string
	files   map[string]asset
}

// loadAssets reads and compresses the embedded files once. One version for
// all of them lets scripts import each other by relative address.
var loadAssets = sync.OnceValue(func() assetSet {
	set, err := readAssets(assetFiles)
	if err != nil {
		// The files are embedded at build time and tested: this is a broken build.
		panic(err)
	}
	return set
})

func readAssets(files fs.FS) (assetSet, error) {
	set := assetSet{files: map[string]asset{}}
	all := sha256.New()
	entries, err := fs.ReadDir(files, "assets")
	if err != nil {
		return set, fmt.Errorf("read assets: %w", err)
	}
	for _, e := range entries {
		body, err := fs.ReadFile(files, "assets/"+e.Name())
		if err != nil {
			return set, fmt.Errorf("read asset %s: %w", e.Name(), err)
		}
		sum := sha256.Sum256(body)
		fmt.Fprintf(all, "%s %x\n", e.Name(), sum)
		packed, err := compress(body)
		if err != nil {
			return set, fmt.Errorf("compress asset %s: %w", e.Name(), err)
		}
		set.files[e.Name()] = asset{
			mediaType: assetType(e.Name()),
			tag:       hex.EncodeToString(sum[:8]),
			body:      body,
			gzip:      packed,
		}
	}
	set.version = hex.EncodeToString(all.Sum(nil)[:6])
	return set, nil
}

func compress(body []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(body)
	if err != nil {
		return nil, err
	}
	err = w.Close()
	if err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// assetType is fixed here: the machine's own list of types may be missing or
// different, and browsers refuse scripts of a wrong type.
func assetType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "application/octet-stream"
}

// Asset is the address of an embedded file, which changes with its content.
func Asset(name string) string {
	return AssetPrefix + loadAssets().version + "/" + name
}

// symbol is the address of a symbol of icons.svg.
func symbol(name string) string { return Asset("icons.svg") + "#" + name }

// Assets serves the embedded files under AssetPrefix.
func Assets() http.Handler {
	return http.HandlerFunc(serveAsset)
}

func serveAsset(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	set := loadAssets()
	version, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, AssetPrefix), "/")
	a, ok := set.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.mediaType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	if version == set.version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		// A page made by an older or newer instance: it gets a look, but
		// the answer must not be kept under that address.
		h.Set("Cache-Control", "no-cache")
	}
	body, tag := a.body, a.tag
	if AcceptsGzip(r.Header.Get("Accept-Encoding")) {
		body, tag = a.gzip, a.tag+"-gz"
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", `"`+tag+`"`)
	if matchesTag(r.Header.Get("If-None-Match"), tag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	// An error here means that the reader has gone.
	_, _ = w.Write(body)
}

// AcceptsGzip reads an Accept-Encoding header; "gzip;q=0" refuses.
func AcceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) != "gzip" {
			continue
		}
		q = strings.ReplaceAll(q, " ", "")
		weight, err := strconv.ParseFloat(strings.TrimPrefix(q, "q="), 64)
		return q == "" || (err == nil && weight > 0)
	}
	return false
}

func matchesTag(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		if part == `"`+tag+`"` || part == "*" {
			return true
		}
	}
	return false
}
