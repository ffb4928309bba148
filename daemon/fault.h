/*
 * fault.h - SIGBUS, which is how a map tells that its file is cut short or its disk cannot read.
 */

#ifndef FAULT_H
#define FAULT_H

/*
 * From now on a fault in the map of a collection's vectors.bin makes that collection lost (vec_fault in
 * vec.h) and lets the thread go on.  Any other still ends the process.
 */
void fault_guard(void);

#endif
