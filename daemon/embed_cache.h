/*
 * embed_cache.h - vectors that a service has made before.
 *
 * A vector from a service costs money and time, so it is kept by the key of its text (embed_job.h):
 * what was interrupted goes on where it was, also after a restart.  A cache and no more: it may be
 * removed while the daemon is down, whatever is wrong in it is a miss, and nothing is synced.
 *
 * Two files in the data folder, embed.cache and embed.cache.old, of half the bound each.  Records are
 * appended; when the first is full it becomes the old one, and the old one goes.  No file is made
 * before there is a vector to keep.  Any thread.
 */

#ifndef EMBED_CACHE_H
#define EMBED_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "embed_job.h"

struct embed_cache;

#define EMBED_CACHE_FILE "embed.cache"
#define EMBED_CACHE_OLD "embed.cache.old"

/* The cache of `folder`, at most `bytes` on disk; 0: keeps nothing.  NULL: no memory. */
struct embed_cache *embed_cache_open(const char *folder, uint64_t bytes);
void embed_cache_close(struct embed_cache *c);

/* Is there a vector of `dim` components?  Then it is in `out`. */
bool embed_cache_get(struct embed_cache *c, const struct embed_key *key, float *out, size_t dim);

/* Keep it, if it is not there and the disk lets us. */
void embed_cache_put(struct embed_cache *c, const struct embed_key *key, const float *x, size_t dim);

/* Remove the files of `folder`; nobody has it open. */
void embed_cache_remove(const char *folder);

#endif
