// Package digest writes to the people who have an account: now and then what
// waits for them and what changed, and a reminder before something is due. It
// knows neither partnerships nor actions: the application gives it functions
// that find out, for one account, in sentences that may stand in a message.
//
// What may stand in a message: numbers, names of elements, days, and links
// that ask for sign-in. No title, no name of a party, no text that somebody
// wrote: messages are read on the way, printed and forwarded.
//
// The choice belongs to the account: daily, weekly on Monday, or never;
// reminders or none. Staff begins with weekly, others with never, and accounts
// of the demo are never written to. Nothing is sent where nothing is new, nor
// to an address whose server takes nothing. The work is done once a day; a
// day, or a month, in which the program did not run is made up for by one
// message, whatever the clock did meanwhile.
//
// Each message carries a link that stops its kind. Opening it only shows a
// page; a POST stops, without sign-in and any number of times.
package digest
