/*
 * generation.h - which files are a collection's, when a new generation was on its way.
 *
 * A new generation of vectors.bin is built in a folder of its own, generation-N beside the old one,
 * N being the generation's number.  The metadata say which generation is the collection's; so
 * whatever a crash leaves, what is called generation-N tells what to do with it:
 *
 *	crash after			metadata	files			start
 *	the build was noted		g, build g+1	no folder, or empty	the build begins
 *	vectors were written		g, build g+1	vectors without rows	their slots are burnt
 *	their rows were committed	g, build g+1	generation-(g+1)	the build goes on there
 *	the switch was committed	g+1		generation-(g+1)	renames both files
 *	hnsw.index was renamed		g+1		vectors.bin of g	renames vectors.bin
 *	vectors.bin was renamed		g+1		an empty folder		removes the folder
 *	rows of g were swept in part	g+1		as they should be	sweeps the rest
 *	the build was given up		g		generation-(g+1)	removes the folder
 */

#ifndef GENERATION_H
#define GENERATION_H

#include "daemon.h"

/* Where that generation of the collection is built. */
void generation_folder(const struct daemon *d, uint64_t number, uint64_t generation, char *path,
    size_t n);

/*
 * Make the collection's files those of its generation, as above; a build's folder stays.  The
 * collection is not open.  0, or -1 and the reason.
 */
int generation_settle(struct daemon *d, const struct meta_collection *c, struct err *err);

#endif
