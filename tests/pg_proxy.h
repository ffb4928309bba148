/*
 * pg_proxy.h - a proxy between libpq and PostgreSQL that does what networks do, when it is told to.
 *
 * It listens on .s.PGSQL.5432 in a folder and connects to the same in the server's.  A thread carries
 * bytes; commands change what it does with them.  That a commit is on its way it sees in the bytes.
 */

#ifndef TEST_PG_PROXY_H
#define TEST_PG_PROXY_H

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum proxy_mode {
	PROXY_PASS,
	PROXY_CUT,		/* cut all connections, and take no new one */
	PROXY_FREEZE,		/* carry nothing */
	PROXY_LOSE_COMMIT,	/* cut before a COMMIT reaches the server, then as PROXY_CUT */
	PROXY_LOSE_ANSWER,	/* cut when the server has answered one, then as PROXY_CUT */
	PROXY_AWAIT_SWITCH,	/* `then` comes when a generation is about to be switched */
};

#define PROXY_PAIRS 16

struct pg_proxy {
	char server[108], path[108];
	int listener, wake[2];
	struct { int client, server; } pairs[PROXY_PAIRS];
	atomic_int mode, then;
	atomic_uint asked, done;	/* modes set, and of them taken up */
	atomic_bool stopping;
	atomic_uint cuts;	/* by PROXY_LOSE_* */
	pthread_t thread;
};

static inline void
proxy_address(struct sockaddr_un *a, const char *path)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	snprintf(a->sun_path, sizeof(a->sun_path), "%s", path);
}

static inline void
proxy_close_pair(struct pg_proxy *p, int i)
{
	if (p->pairs[i].client >= 0) {
		close(p->pairs[i].client);
		close(p->pairs[i].server);
	}
	p->pairs[i].client = p->pairs[i].server = -1;
}

static inline void
proxy_accept(struct pg_proxy *p)
{
	int i, fd = accept(p->listener, NULL, NULL), to;
	struct sockaddr_un a;

	if (fd < 0)
		return;
	for (i = 0; i < PROXY_PAIRS && p->pairs[i].client >= 0; i++)
		;
	to = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	proxy_address(&a, p->server);
	if (i == PROXY_PAIRS || atomic_load(&p->mode) == PROXY_CUT ||
	    connect(to, (struct sockaddr *)&a, sizeof(a)) != 0) {
		close(fd);
		close(to);
		return;
	}
	p->pairs[i].client = fd;
	p->pairs[i].server = to;
}

static inline int
proxy_write(int fd, const char *bytes, ssize_t n)
{
	while (n > 0) {
		ssize_t put = send(fd, bytes, (size_t)n, MSG_NOSIGNAL);

		if (put <= 0)
			return -1;
		bytes += put;
		n -= put;
	}
	return 0;
}

/* Carry what `from` has to `to`, unless it is what the mode is about. */
static inline void
proxy_carry(struct pg_proxy *p, int i, int from, int to)
{
	static char bytes[1 << 20];
	ssize_t n = read(from, bytes, sizeof(bytes));
	int mode = atomic_load(&p->mode);
	bool commit;

	if (mode == PROXY_AWAIT_SWITCH && n > 0 &&
	    memmem(bytes, (size_t)n, "UPDATE collections SET generation", 33) != NULL) {
		mode = atomic_load(&p->then);
		atomic_store(&p->mode, mode);
	}
	commit = n > 0 && memmem(bytes, (size_t)n, "COMMIT", 7) != NULL;

	if (commit && mode == (from == p->pairs[i].client ? PROXY_LOSE_COMMIT : PROXY_LOSE_ANSWER)) {
		atomic_store(&p->mode, PROXY_CUT);
		for (int j = 0; j < PROXY_PAIRS; j++)
			proxy_close_pair(p, j);
		atomic_fetch_add(&p->cuts, 1);
	} else if (n <= 0 || proxy_write(to, bytes, n) != 0) {
		proxy_close_pair(p, i);
	}
}

static inline void *
proxy_main(void *arg)
{
	struct pg_proxy *p = arg;
	struct pollfd fds[2 + 2 * PROXY_PAIRS];
	char byte[16];

	while (!atomic_load(&p->stopping)) {
		unsigned asked = atomic_load(&p->asked);
		int mode = atomic_load(&p->mode);

		if (mode == PROXY_CUT)
			for (int i = 0; i < PROXY_PAIRS; i++)
				proxy_close_pair(p, i);
		atomic_store(&p->done, asked);
		fds[0] = (struct pollfd){ .fd = p->wake[0], .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = p->listener, .events = POLLIN };
		for (int i = 0; i < PROXY_PAIRS; i++) {
			bool frozen = mode == PROXY_FREEZE;

			fds[2 + 2 * i] = (struct pollfd){ .fd = frozen ? -1 : p->pairs[i].client,
				.events = POLLIN };
			fds[3 + 2 * i] = (struct pollfd){ .fd = frozen ? -1 : p->pairs[i].server,
				.events = POLLIN };
		}
		if (poll(fds, 2 + 2 * PROXY_PAIRS, -1) < 0)
			continue;
		if (fds[0].revents != 0 && read(p->wake[0], byte, sizeof(byte)) > 0)
			continue;	/* the mode is another one */
		for (int i = 0; i < PROXY_PAIRS; i++) {
			if (fds[2 + 2 * i].revents != 0 && p->pairs[i].client >= 0)
				proxy_carry(p, i, p->pairs[i].client, p->pairs[i].server);
			else if (fds[3 + 2 * i].revents != 0 && p->pairs[i].client >= 0)
				proxy_carry(p, i, p->pairs[i].server, p->pairs[i].client);
		}
		if (fds[1].revents != 0)
			proxy_accept(p);
	}
	return NULL;
}

static inline void
proxy_wake(struct pg_proxy *p)
{
	while (write(p->wake[1], "x", 1) != 1)
		;
}

/* Returns when it is so: what is to be cut was cut. */
static inline void
proxy_set(struct pg_proxy *p, enum proxy_mode mode)
{
	unsigned asked;

	atomic_store(&p->mode, (int)mode);
	asked = atomic_fetch_add(&p->asked, 1) + 1;
	proxy_wake(p);
	while ((int)(atomic_load(&p->done) - asked) < 0)
		sched_yield();
}

/* A proxy in `folder` to the server in `server`.  0 or -1. */
static inline int
proxy_start(struct pg_proxy *p, const char *folder, const char *server)
{
	struct sockaddr_un a;

	memset(p, 0, sizeof(*p));
	for (int i = 0; i < PROXY_PAIRS; i++)
		p->pairs[i].client = p->pairs[i].server = -1;
	snprintf(p->server, sizeof(p->server), "%s/.s.PGSQL.5432", server);
	snprintf(p->path, sizeof(p->path), "%s/.s.PGSQL.5432", folder);
	proxy_address(&a, p->path);
	p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return bind(p->listener, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(p->listener, 16) != 0 || pipe(p->wake) != 0 ||
	    pthread_create(&p->thread, NULL, proxy_main, p) != 0 ? -1 : 0;
}

static inline void
proxy_stop(struct pg_proxy *p)
{
	atomic_store(&p->stopping, true);
	proxy_wake(p);
	pthread_join(p->thread, NULL);
	for (int i = 0; i < PROXY_PAIRS; i++)
		proxy_close_pair(p, i);
	close(p->listener);
	close(p->wake[0]);
	close(p->wake[1]);
	unlink(p->path);
}

#endif
