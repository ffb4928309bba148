/*
 * daemon.h - the parts of a running coolvecd, and the order they stand in.
 *
 * The loop's thread owns connections (server.c) and frames lines.  A line becomes a call (call.h),
 * which the work lane parses, authenticates and dispatches (ops.c).  What hashes passwords goes on
 * to the password lane; what looks at every vector for long goes to the verify lane (op_verify.c); what changes items goes on to the commit lane (commit.c), which alone writes
 * vectors and rows of items; what makes snapshots goes to the snapshot lane (snapshot.c), what makes a
 * new generation of a collection to the lanes of build.c; what waits for an embedding service waits
 * on the loop (embedding.c), and runs anew when the vectors are there.  Index threads (indexer.c) move
 * tails into graphs, write checkpoints, see to compaction and close what is idle.  Any thread may
 * finish a call; its answer is written by the loop.
 *
 * Locks, in the order they may be taken: spaces -> space -> meta (inside meta.h) -> libvec's own.
 * The lanes' and the server's locks are leaves: nothing is taken while they are held.
 */

#ifndef DAEMON_H
#define DAEMON_H

#include <stdatomic.h>
#include <stdint.h>

#include "embed.h"
#include "err.h"
#include "key.h"
#include "lane.h"
#include "meta.h"
#include "metrics.h"
#include "settings.h"

struct builds;
struct commit;
struct guesses;
struct embedding;
struct indexer;
struct server;
struct snapshots;
struct spaces;

struct daemon {
	const struct settings *settings;
	int lock_fd;			/* VEC_DB_PATH/LOCK, flock'd for life */
	struct keys keys;
	struct guesses *guesses;
	struct meta *meta;
	struct spaces *spaces;
	struct indexer *indexer;
	struct commit *commit;
	struct snapshots *snapshots;
	struct builds *builds;
	struct embedding *embedding;
	struct lane *work;
	struct lane *password;
	struct lane *verify;
	struct server *server;
	int64_t started;		/* monotonic, seconds */
	atomic_bool stopping;		/* what takes long ends now */
	atomic_uint connections;
	unsigned max_connections;	/* as set, or fewer when there are not descriptors enough */
	size_t reading;			/* bytes of long requests half read; the loop's */
	struct metrics metrics;
};

/*
 * Lock the folder, open what is in it and start the lanes; no socket yet.  0, or -1 and the reason,
 * with nothing left behind.
 */
int daemon_start(const struct settings *s, struct daemon *d, struct err *err);

/*
 * Wait for the calls in the lanes, write checkpoints, close everything.  The server is stopped
 * already.  A zeroed daemon is fine.
 */
void daemon_stop(struct daemon *d);

/* Lock the data folder, which is made when missing.  The descriptor, or -1 and whose it is. */
int daemon_lock(const char *folder, struct err *err);

/* Seconds since 1970, and since some moment in the past. */
int64_t daemon_now(void);
int64_t daemon_clock(void);

/* The same in milliseconds. */
int64_t daemon_clock_ms(void);

#endif
