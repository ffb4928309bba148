/*
 * test_accept.c - a real server on a folder of its own that runs out of memory while it accepts.
 */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <pthread.h>

#include "conn.h"
#include "file.h"
#include "server.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CAN_FAIL 0		/* a sanitizer's allocator cannot be stood in front of */
#else
#define CAN_FAIL 1
#endif

static atomic_int failing;	/* connections that get no memory */
static char folder[64], path[80];

#if CAN_FAIL
void *__libc_calloc(size_t n, size_t size);

void *
calloc(size_t n, size_t size)
{
	if (n == 1 && size == sizeof(struct conn) && atomic_load(&failing) > 0) {
		atomic_fetch_sub(&failing, 1);
		return NULL;
	}
	return __libc_calloc(n, size);
}
#endif

struct running {
	struct daemon d;
	struct server_options o;
	int rc;
};

static void *
run(void *arg)
{
	struct running *r = arg;
	struct err err;

	r->rc = server_run(&r->d, &r->o, &err);
	return NULL;
}

/* What a ping is answered; bytes, 0 when the connection was closed. */
static ssize_t
ping(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char answer[512];
	ssize_t n;

	memcpy(to.sun_path, path, strlen(path));
	assert_int_equal(connect(fd, (const struct sockaddr *)(const void *)&to, sizeof(to)), 0);
	(void)send(fd, "{\"op\":\"ping\"}\n", 14, MSG_NOSIGNAL);
	n = recv(fd, answer, sizeof(answer), 0);
	close(fd);
	return n < 0 && errno == ECONNRESET ? 0 : n;
}

static void
no_memory_for_a_connection_is_not_the_end(void **state)
{
	static struct running r;
	struct settings s;
	struct err err;
	struct env *env;
	pthread_t thread;
	int ready[2];
	char c;

	(void)state;
	if (!CAN_FAIL)
		skip();
	strcpy(folder, "/tmp/coolvec-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	setenv("VEC_DB_PATH", folder, 1);
	assert_int_equal(env_load("/dev/null", 0, &env, &err), 0);
	assert_int_equal(settings_load(&s, env, NULL, &err), 0);
	assert_int_equal(daemon_start(&s, &r.d, &err), 0);
	assert_int_equal(pipe(ready), 0);
	r.o = (struct server_options){ .path = path, .ready_fd = ready[1] };
	assert_int_equal(pthread_create(&thread, NULL, run, &r), 0);
	assert_int_equal(read(ready[0], &c, 1), 1);

	assert_true(ping() > 0);
	for (int i = 0; i < 5; i++) {
		atomic_store(&failing, 1);
		assert_int_equal(ping(), 0);
		assert_int_equal(atomic_load(&failing), 0);
		assert_true(ping() > 0);
	}
	kill(getpid(), SIGTERM);
	pthread_join(thread, NULL);
	assert_int_equal(r.rc, 0);
	daemon_stop(&r.d);
	settings_fini(&s);
	env_free(env);
	close(ready[0]);
	file_remove_tree(folder, &err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_memory_for_a_connection_is_not_the_end),
	};

	return cmocka_run_group_tests_name("accept", tests, NULL, NULL);
}
