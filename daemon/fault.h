/*
 * fault.h - SIGBUS, which is how a map tells that its file is cut short or its disk cannot read.
 */

#ifndef FAULT_H
#define FAULT_H

/*
 * From now on a fault in the map of a collection's vectors.bin makes that collection lost (vec_fault in
 * vec.h), one in a table of words that table (embed_fault in embed.h), and the thread goes on.  Any other
 * still ends the process.
 */
void fault_guard(void);

#endif
