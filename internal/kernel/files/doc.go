// Package files keeps the bytes of attachments in the data folder, under the
// hash of their content. A file is written whole or not at all; its type is
// told from its content, never from its name. Of a picture the header is read
// before it is kept, and a packed document is read through once, counted; a
// picture is decoded only to draw it small (Preview). What is stored is served
// as an attachment only.
//
// A file is put first and noted in the transaction of the record that points
// at it. Content that no transaction noted is swept away a day later.
package files
