/*
 * disk.h - a disk that knows what is on it and what is only promised.
 *
 * It is told what was done, event by event (seam.h).  Of each file and each folder it keeps two
 * things: what is durable, which is what was there at the last fsync, and what has been done since,
 * which a power cut may keep or lose:
 *
 *	- of what was written, each sector of 512 bytes by itself, in any of its versions;
 *	- of what changes a file's size, the first few, in order, each file by itself; bytes behind
 *	  the size are lost, and a size without its bytes shows zeros;
 *	- of the names made, renamed and removed in a folder, the first few, in order, each folder by
 *	  itself.
 *
 * That is less than any journaling file system promises, so what survives here survives there.
 */

#ifndef CRASH_DISK_H
#define CRASH_DISK_H

#include "seam.h"

struct disk;

/* A disk on which the folder `root` is and nothing else; NULL-safe free. */
struct disk *disk_new(uint64_t root);
void disk_free(struct disk *d);

void disk_apply(struct disk *d, const struct event *e);

/* Ways to choose what survives; DISK_CHANCE draws anew from `seed` for each file, folder, sector. */
enum disk_choice { DISK_NOTHING, DISK_ALL, DISK_CHANCE };

/*
 * Cut the power: write what is left into the folder `to`, which is there and empty.  `*print` tells
 * states apart: equal files and folders, equal number.  False when nothing depends on the choice.
 */
bool disk_cut(struct disk *d, enum disk_choice choice, uint64_t seed, const char *to,
    uint64_t *print);

#endif
