/*
 * server.c - the loop.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "conn.h"
#include "embedding.h"
#include "listen.h"
#include "log.h"
#include "server.h"

#define TICK_MS 1000
#define ACCEPT_MAX 64		/* then the loop looks at the others again */
#define OURS 32			/* descriptors that the daemon has before anybody comes */

struct server {
	struct daemon *d;
	uv_loop_t loop;
	int fd;				/* that listens */
	uv_poll_t listener;
	uv_signal_t on_term, on_int, on_usr2;
	uv_timer_t tick;		/* looks at the connections' times */
	uv_async_t back;		/* calls have come back */
	const char *path;		/* of the socket, to be removed; NULL: it is systemd's */
	uv_mutex_t lock;		/* guards finished */
	struct call *finished;		/* chained by job.next, newest first; [lock] */
	struct conn *conns;		/* the loop's */
	bool deaf;			/* not listening until the next tick, for want of a descriptor */
	int reserve;			/* a descriptor to be given up when there is no other; -1: none */
	int64_t said;			/* daemon_clock of the last warning that one was not accepted */
	bool stopping;
};

/* --- calls come back --------------------------------------------------------------------------- */

/* From any thread: the answer to the client, the call to the loop. */
static void
call_done(struct call *c)
{
	struct server *s = c->d->server;

	conn_write_early(c->conn, c);
	uv_mutex_lock(&s->lock);
	c->job.next = s->finished != NULL ? &s->finished->job : NULL;
	s->finished = c;
	uv_mutex_unlock(&s->lock);
	uv_async_send(&s->back);
}

static void
on_back(uv_async_t *async)
{
	struct server *s = async->data;
	struct lane_job *next;
	struct call *c;

	uv_mutex_lock(&s->lock);
	c = s->finished;
	s->finished = NULL;
	uv_mutex_unlock(&s->lock);
	for (; c != NULL; c = (struct call *)(void *)next) {
		next = c->job.next;
		conn_answer(c->conn);
	}
}

/* --- connections ------------------------------------------------------------------------------- */

static void
stop_if_done(struct server *s)
{
	if (!s->stopping || s->conns != NULL)
		return;
	uv_close((uv_handle_t *)&s->back, NULL);
	uv_close((uv_handle_t *)&s->tick, NULL);
	uv_close((uv_handle_t *)&s->on_term, NULL);
	uv_close((uv_handle_t *)&s->on_int, NULL);
	uv_close((uv_handle_t *)&s->on_usr2, NULL);
}

static void
conn_gone(struct conn *c)
{
	struct server *s = c->d->server;

	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		s->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	free(c);
	atomic_fetch_sub(&s->d->connections, 1);
	stop_if_done(s);
}

/* Not more than a line a second, however many there are. */
static void
say_not_accepted(struct server *s, const char *why)
{
	int64_t now = daemon_clock();

	if (now != s->said)
		log_warn("a connection was not accepted: %s", why);
	s->said = now;
}

static int
reserve_open(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/*
 * No descriptor is left for the next client, if there is one: accept fails before it looks.  The
 * reserve is given up for it, and it is hung up on.  Returns 0, or EAGAIN when no client waits, or
 * EMFILE when the reserve is gone as well; then it waits for the next tick.
 */
static int
shed(struct server *s)
{
	int fd, e = 0;

	if (s->reserve < 0)
		return EMFILE;
	close(s->reserve);
	fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	else
		e = errno == EAGAIN ? EAGAIN : EMFILE;
	s->reserve = reserve_open();
	return e;
}

static struct conn *
add_conn(struct server *s)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->d = s->d;
	c->done = call_done;
	c->gone = conn_gone;
	uv_pipe_init(&s->loop, &c->pipe, 0);
	c->next = s->conns;
	if (s->conns != NULL)
		s->conns->prev = c;
	s->conns = c;
	c->pipe.data = c;
	atomic_fetch_add(&s->d->connections, 1);
	return c;
}

/* Serve the client at `fd`, or close it. */
static void
welcome(struct server *s, int fd)
{
	struct conn *c = add_conn(s);
	int rc;

	if (c == NULL) {
		say_not_accepted(s, "no memory");
		close(fd);
	} else if ((rc = uv_pipe_open(&c->pipe, fd)) != 0) {
		say_not_accepted(s, uv_strerror(rc));
		close(fd);
		conn_stop(c);
	} else if (atomic_load(&s->d->connections) > s->d->max_connections) {
		conn_refuse(c, "too many connections");
	} else {
		conn_start(c);
	}
}

/*
 * We accept and not libuv: it goes on for ever when no descriptor is left, and keeps a reserve of its
 * own that it opens by a path which the sandbox refuses.
 */
static void
on_connections(uv_poll_t *listener, int status, int events)
{
	struct server *s = listener->data;
	int fd, why, e;

	(void)status;	/* an error is accept's to tell */
	(void)events;
	for (int i = 0; i < ACCEPT_MAX; i++) {
		fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0) {
			welcome(s, fd);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		why = errno;
		e = shed(s);
		if (e == EAGAIN)
			return;
		say_not_accepted(s, strerror(why));
		if (e != 0) {
			uv_poll_stop(&s->listener);
			s->deaf = true;
			return;
		}
	}
}

static int
hear(struct server *s)
{
	s->deaf = false;
	return uv_poll_start(&s->listener, UV_READABLE, on_connections);
}

static void
on_deaf(uv_handle_t *listener)
{
	struct server *s = listener->data;

	close(s->fd);
}

static void
on_tick(uv_timer_t *tick)
{
	struct server *s = tick->data;
	int64_t now = daemon_clock();

	for (struct conn *c = s->conns, *next; c != NULL; c = next) {
		next = c->next;
		conn_check_time(c, now);
	}
	if (s->reserve < 0)
		s->reserve = reserve_open();
	if (s->deaf && !s->stopping)
		hear(s);
}

/* --- signals ----------------------------------------------------------------------------------- */

static void
on_stop(uv_signal_t *signal, int number)
{
	struct server *s = signal->data;

	if (s->stopping)
		return;
	log_info("stopping on %s", number == SIGTERM ? "SIGTERM" : "SIGINT");
	listen_notify("STOPPING=1");
	s->stopping = true;
	atomic_store(&s->d->stopping, true);
	if (s->path != NULL)
		unlink(s->path);	/* later it may be that of the next daemon */
	uv_close((uv_handle_t *)&s->listener, on_deaf);
	embedding_end(s->d->embedding);
	for (struct conn *c = s->conns, *next; c != NULL; c = next) {
		next = c->next;
		conn_stop(c);
	}
	stop_if_done(s);
}

static void
on_usr(uv_signal_t *signal, int number)
{
	(void)signal;
	(void)number;
	log_info("debug log is %s", log_toggle_debug() ? "on" : "off");
}

/* --- start and end ----------------------------------------------------------------------------- */

static int
watch(struct server *s, uv_signal_t *handle, uv_signal_cb cb, int number)
{
	int rc = uv_signal_init(&s->loop, handle);

	handle->data = s;
	return rc != 0 ? rc : uv_signal_start(handle, cb, number);
}

static int
start(struct server *s)
{
	int rc;

	if ((rc = uv_async_init(&s->loop, &s->back, on_back)) != 0 ||
	    (rc = uv_timer_init(&s->loop, &s->tick)) != 0 ||
	    (rc = uv_timer_start(&s->tick, on_tick, TICK_MS, TICK_MS)) != 0 ||
	    (rc = watch(s, &s->on_term, on_stop, SIGTERM)) != 0 ||
	    (rc = watch(s, &s->on_int, on_stop, SIGINT)) != 0 ||
	    (rc = watch(s, &s->on_usr2, on_usr, SIGUSR2)) != 0 ||
	    (rc = embedding_begin(s->d->embedding, &s->loop)) != 0 ||
	    (rc = uv_poll_init(&s->loop, &s->listener, s->fd)) != 0)
		return rc;
	s->back.data = s;
	s->tick.data = s;
	s->listener.data = s;
	return hear(s);
}

static void
say_ready(int fd)
{
	listen_notify("READY=1");
	if (fd < 0)
		return;
	if (write(fd, "\n", 1) != 1)
		log_warn("nobody reads the descriptor of --ready-fd");
	close(fd);
}

/*
 * A quarter of the descriptors, and the daemon's own, are left to collections and the metadata, so
 * that a flood of connections cannot take the last ones.
 */
static unsigned
descriptors_for(uint64_t wanted)
{
	struct rlimit r;
	uint64_t spared;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur == RLIM_INFINITY)
		return (unsigned)wanted;
	spared = r.rlim_cur - r.rlim_cur / 4;
	spared = spared > OURS ? spared - OURS : 1;
	if (wanted <= spared)
		return (unsigned)wanted;
	log_warn("%llu descriptors are too few for %llu connections: it is %llu at once",
	    (unsigned long long)r.rlim_cur, (unsigned long long)wanted,
	    (unsigned long long)spared);
	return (unsigned)spared;
}

int
server_run(struct daemon *d, const struct server_options *o, struct err *err)
{
	struct server *s = calloc(1, sizeof(*s));
	bool passed = false;
	int rc = -1;

	if (s == NULL || uv_mutex_init(&s->lock) != 0 || uv_loop_init(&s->loop) != 0) {
		err_set(err, -1, "no memory for the loop");
		goto out;	/* the process ends now; what is half made goes with it */
	}
	s->d = d;
	s->reserve = reserve_open();
	d->server = s;
	d->max_connections = descriptors_for(d->settings->max_connections);
	if ((s->fd = listen_open(o->path, o->group, &passed, err)) < 0)
		goto out;
	s->path = passed ? NULL : o->path;
	if ((rc = start(s)) != 0) {
		rc = err_set(err, -1, "cannot serve: %s", uv_strerror(rc));
		goto out;
	}
	log_info("serving on %s", passed ? "the socket of systemd" : o->path);
	say_ready(o->ready_fd);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	uv_loop_close(&s->loop);
	if (s->reserve >= 0)
		close(s->reserve);
	uv_mutex_destroy(&s->lock);
out:
	d->server = NULL;
	free(s);
	return rc;
}
