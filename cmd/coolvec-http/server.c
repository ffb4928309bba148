/*
 * server.c - the loop of a thread, and its beginning and end.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "worker.h"

#define EVENTS 64
#define HEAD_MAX ((size_t)32 << 10)	/* bytes of a request's head, and of an answer's */
#define SWEEP_MS 500
#define STOP_MS 10000
#define LINKS_MAX 256			/* connections to the daemon, of all threads */

struct server {
	struct server_options options;
	int wake;
	size_t nstarted;
	struct {
		struct worker w;
		pthread_t thread;
	} workers[];
};

/* --- the loop --- */

/* Clients that drip a request or sip an answer are cut off; libmicrohttpd sees to the silent ones.
 */
static void
sweep(struct worker *w)
{
	int64_t now = pool_clock();
	int64_t most = (int64_t)w->options->timeout * 4000;

	if (now < w->swept + SWEEP_MS)
		return;
	w->swept = now;
	for (struct peer *p = w->peers; p != NULL; p = p->next)
		if (!p->asking && now - p->since > most)
			shutdown(p->fd, SHUT_RDWR);
}

/* Milliseconds until something is due. */
static int
next_wait(struct worker *w)
{
	int wait = pool_wait(w->pool);
	MHD_UNSIGNED_LONG_LONG ms;

	if ((w->peers != NULL || w->stopping) && (wait < 0 || wait > SWEEP_MS))
		wait = SWEEP_MS;
	if (w->stopping && wait > 20)
		wait = 20;
	if (MHD_get_timeout(w->mhd, &ms) == MHD_YES && (wait < 0 || ms < (unsigned)wait))
		wait = (int)ms;
	return wait;
}

static void
begin_stop(struct worker *w)
{
	int fd;

	if (w->stopping)
		return;
	w->stopping = true;
	epoll_ctl(w->epoll, EPOLL_CTL_DEL, w->wake, NULL);
	if ((fd = MHD_quiesce_daemon(w->mhd)) >= 0)
		close(fd);
}

/*
 * At its limit MHD lets go of the listening socket, and takes it up again at the run after the one
 * in which a connection ended: without that one who waits would wait for somebody else's event.
 */
static void
serve(struct worker *w)
{
	MHD_run(w->mhd);
	MHD_run(w->mhd);
}

static void *
run(void *arg)
{
	struct worker *w = arg;
	struct epoll_event ev[EVENTS];
	int64_t stop_at = INT64_MAX;
	int n;

	for (;;) {
		n = epoll_wait(w->epoll, ev, EVENTS, next_wait(w));
		for (int i = 0; i < n; i++) {
			if (ev[i].data.ptr == w)
				begin_stop(w);
			else if (ev[i].data.ptr != NULL)
				pool_event(w->pool, ev[i].data.ptr);
		}
		pool_tick(w->pool);
		serve(w);
		sweep(w);
		if (!w->stopping)
			continue;
		if (stop_at == INT64_MAX)
			stop_at = pool_clock() + STOP_MS;
		if (w->exchanges == 0 || pool_clock() >= stop_at)
			return NULL;
	}
}

/* --- beginning and end --- */

static int
watch(struct worker *w, int fd, void *what, struct err *err)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = what };

	if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &ev) != 0)
		return err_sys(err, -1, errno, "cannot watch a descriptor");
	return 0;
}

static int
start_mhd(struct worker *w, int listener, struct err *err)
{
	int fd = fcntl(listener, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return err_sys(err, -1, errno, "cannot share the listening socket");
	w->mhd = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
	    request_on_data, w, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK,
	    request_on_uri, w, MHD_OPTION_NOTIFY_COMPLETED, request_on_end, w,
	    MHD_OPTION_NOTIFY_CONNECTION, request_on_connection, w, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)w->options->connections, MHD_OPTION_CONNECTION_TIMEOUT, w->options->timeout,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEAD_MAX, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
	if (w->mhd == NULL) {
		close(fd);
		return err_set(err, -1, "cannot start libmicrohttpd");
	}
	return watch(w, MHD_get_daemon_info(w->mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, NULL, err);
}

static int
worker_init(
    struct worker *w, const struct server_options *o, int listener, int wake, struct err *err)
{
	w->options = o;
	w->wake = wake;
	if ((w->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
		return err_sys(err, -1, errno, "cannot make an epoll set");
	if (pool_new(o->socket, LINKS_MAX / o->threads, w->epoll, request_done, &w->pool, err) != 0)
		return -1;
	if (watch(w, wake, w, err) != 0)
		return -1;
	return start_mhd(w, listener, err);
}

static void
worker_fini(struct worker *w)
{
	if (w->pool != NULL && w->mhd != NULL) {
		pool_abandon(w->pool);
		MHD_run(w->mhd);	/* suspended connections must be none when it stops */
	}
	if (w->mhd != NULL)
		MHD_stop_daemon(w->mhd);
	pool_free(w->pool);
	if (w->epoll > 0)
		close(w->epoll);
}

int
server_start(const struct server_options *o, int listener, struct server **out, struct err *err)
{
	struct server *s = calloc(1, sizeof(*s) + o->threads * sizeof(s->workers[0]));
	int rc = 0;

	if (s == NULL)
		return err_set(err, -1, "out of memory");
	s->options = *o;
	if ((s->wake = eventfd(0, EFD_CLOEXEC)) < 0) {
		free(s);
		return err_sys(err, -1, errno, "cannot make an eventfd");
	}
	for (size_t i = 0; i < o->threads && rc == 0; i++) {
		struct worker *w = &s->workers[i].w;

		if ((rc = worker_init(w, &s->options, listener, s->wake, err)) == 0 &&
		    pthread_create(&s->workers[i].thread, NULL, run, w) != 0)
			rc = err_set(err, -1, "cannot start a thread");
		if (rc == 0)
			s->nstarted++;
		else
			worker_fini(w);
	}
	if (rc != 0) {
		server_stop(s);
		return -1;
	}
	*out = s;
	return 0;
}

void
server_stop(struct server *s)
{
	uint64_t one = 1;

	if (s == NULL)
		return;
	if (write(s->wake, &one, sizeof(one)) != sizeof(one))
		log_error("cannot wake the threads");
	for (size_t i = 0; i < s->nstarted; i++) {
		pthread_join(s->workers[i].thread, NULL);
		worker_fini(&s->workers[i].w);
	}
	close(s->wake);
	free(s);
}
