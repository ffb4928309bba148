/*
 * conn.h - one client.
 *
 * A connection reads, has at most one call under way, and writes.  Its states, with what moves it on:
 *
 *	READING   a whole line -> CALLING; the end of input -> CLOSING
 *	CALLING   the call is finished -> WRITING; meanwhile a little is read ahead, then nothing
 *	WRITING   the answer is written -> READING, or CLOSING when it is to hang up
 *	CLOSING   the handle is closed -> freed; a call still under way is waited for before
 *
 * All of this happens on the loop's thread, but for the writing of an answer by the thread that made it:
 * the client has it before the loop has woken up.
 */

#ifndef CONN_H
#define CONN_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "buf.h"
#include "call.h"
#include "daemon.h"

enum conn_state { CONN_READING, CONN_CALLING, CONN_WRITING, CONN_CLOSING };

struct conn {
	uv_pipe_t pipe;
	uv_write_t write;
	struct daemon *d;
	struct conn *prev, *next;	/* in the server's list */
	enum conn_state state;
	struct buf in;			/* what has been read and not yet worked on */
	size_t scanned;			/* bytes of it known to hold no LF */
	size_t counted;			/* bytes of it that are in d->reading */
	struct call *call;		/* under way; the answer being written belongs to it too */
	bool calling;			/* `call` is with the lanes */
	bool reading;			/* uv_read_start is on */
	bool closed;			/* the handle is */
	bool ended;			/* the client will send no more */
	bool trusted;			/* a token or login was good */
	uint32_t uid;			/* of the process that connected; UINT32_MAX: not known */
	uv_os_fd_t fd;			/* of the pipe; -1: not known */
	struct token_memo memo;		/* of the token shown last; the call's while one is under way */
	int64_t since;			/* daemon_clock when the connection was made */
	int64_t waiting;		/* when it began to wait for what it waits for */
	void (*done)(struct call *c);	/* how a call comes back to the loop */
	void (*gone)(struct conn *c);	/* the connection is closed; frees it */
};

/* Begin with an accepted pipe. */
void conn_start(struct conn *c);

/*
 * On the thread that has finished a call, before it comes back: write the answer, as much of it as the
 * client takes at once.  Nobody else writes meanwhile, and the descriptor stays open while a call is
 * under way.
 */
void conn_write_early(const struct conn *c, struct call *call);

/* A call that conn made has come back, on the loop. */
void conn_answer(struct conn *c);

/* Close it for having waited too long, by the settings' times.  `now` is daemon_clock's. */
void conn_check_time(struct conn *c, int64_t now);

/* Close it once nothing is under way any more. */
void conn_stop(struct conn *c);

/* Refuse a connection that is one too many: an answer, and closed. */
void conn_refuse(struct conn *c, const char *line);

#endif
