// Package files keeps the bytes of attachments in the data folder, under the
// hash of their content. A file is written whole or not at all; its type is
// told from its content, never from its name; nothing in it is decoded. What
// is stored is served as an attachment only.
//
// A file is put first and noted in the transaction of the record that points
// at it. Content that no transaction noted is swept away a day later.
package files
