/*
 * main.c - options, settings, and waiting for the signal to stop.
 */

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard.h"
#include "listen.h"
#include "log.h"
#include "metrics.h"
#include "num.h"
#include "pages.h"
#include "sandbox.h"
#include "server.h"
#include "settings.h"
#include "sock.h"
#include "wire.h"

struct options {
	const char *env, *listen, *socket, *log_level, *sandbox;
	bool must_env;
	int ready_fd;
};

enum { OPT_ALLOW_HOST = 1000, OPT_LOG_LEVEL, OPT_READY_FD, OPT_SANDBOX };

static const struct option long_options[] = {
	{ "listen", required_argument, NULL, 'l' },
	{ "socket", required_argument, NULL, 's' },
	{ "env", required_argument, NULL, 'e' },
	{ "allow-host", required_argument, NULL, OPT_ALLOW_HOST },
	{ "log-level", required_argument, NULL, OPT_LOG_LEVEL },
	{ "ready-fd", required_argument, NULL, OPT_READY_FD },
	{ "sandbox", required_argument, NULL, OPT_SANDBOX },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void
usage(FILE *f)
{
	fputs("usage: coolvec-http [--listen HOST:PORT] [--socket PATH] [--env FILE]\n"
	      "                    [--allow-host NAME]... [--log-level LEVEL] [--ready-fd N]\n"
	      "                    [--sandbox auto|require|no]\n"
	      "\n"
	      "Settings, from the environment, else from .env (default in brackets):\n", f);
	http_settings_help(f);
}

static int
bad_usage(const char *what)
{
	fprintf(stderr, "coolvec-http: %s\n", what);
	return EXIT_USAGE;
}

static int
parse(int argc, char **argv, struct options *o, struct guard *g)
{
	uint64_t fd;
	int c;

	*o = (struct options){ .env = ".env", .ready_fd = -1 };
	while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (c) {
		case 'e':
			o->env = optarg;
			o->must_env = true;
			break;
		case 'l': o->listen = optarg; break;
		case 's': o->socket = optarg; break;
		case OPT_SANDBOX: o->sandbox = optarg; break;
		case OPT_LOG_LEVEL: o->log_level = optarg; break;
		case OPT_ALLOW_HOST:
			if (!guard_allow(g, optarg))
				return bad_usage("too many hosts");
			break;
		case OPT_READY_FD:
			if (!num_parse(optarg, 0, 1 << 20, &fd))
				return bad_usage("--ready-fd needs a descriptor");
			o->ready_fd = (int)fd;
			break;
		case 'h':
			usage(stdout);
			exit(EXIT_DONE);
		case 'V':
			printf("coolvec-http %s\n", COOLVEC_VERSION);
			exit(EXIT_DONE);
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	return optind < argc ? bad_usage("it takes no arguments but options") : 0;
}

static int
set_log_level(const char *name, struct err *err)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;
	bool journal = stream != NULL && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 &&
	    fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;

	for (int i = 0; i < 4; i++)
		if (strcmp(name, names[i]) == 0) {
			log_init((enum log_level)i, journal);
			return 0;
		}
	return err_set(err, -1, "a log level cannot be \"%.40s\"", name);
}

/* The names in HTTP_ALLOW_HOSTS; `copy` is cut and must stay. */
static int
allow_hosts(struct guard *g, char *copy, struct err *err)
{
	char *save = NULL;

	for (char *s = strtok_r(copy, ", \t", &save); s != NULL; s = strtok_r(NULL, ", \t", &save))
		if (!guard_allow(g, s))
			return err_set(
			    err, -1, "HTTP_ALLOW_HOSTS has more than %d names", GUARD_HOSTS_MAX);
	return 0;
}

static void
raise_limits(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

static void
tell_ready(int fd, const char *at)
{
	if (fd < 0)
		return;
	if (dprintf(fd, "%s\n", at) < 0)
		log_warn("cannot write to the descriptor of --ready-fd");
	close(fd);
}

static void
wait_for_stop(const sigset_t *set)
{
	int sig;

	for (;;) {
		if (sigwait(set, &sig) != 0)
			continue;
		if (sig != SIGUSR2)
			return;
		log_info("debug log %s", log_toggle_debug() ? "on" : "off");
	}
}

/* It needs no file but what names and times are looked up in.  Before the threads are there. */
static int
confine(const char *word, struct err *err)
{
	enum sandbox_mode mode;
	char what[64];

	if (!sandbox_parse(word, &mode))
		return err_set(err, -1, "COOLVEC_SANDBOX cannot be \"%.40s\"", word);
	if (sandbox_enter(mode, NULL, 0, what, sizeof(what), err) != 0)
		return -1;
	log_debug("confined %s", what);
	return 0;
}

static int
serve(const struct options *o, const struct http_settings *s, struct guard *g, const char *socket,
    struct err *err)
{
	struct server_options so = { .socket = socket, .guard = g, .threads = s->threads,
		.connections = s->connections, .timeout = (unsigned)s->timeout };
	struct server *server = NULL;
	char at[80], host[256];
	bool loopback;
	sigset_t set;
	int fd = -1, rc = -1;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (listen_at(o->listen != NULL ? o->listen : s->listen, o->listen != NULL, &fd, &loopback,
		host, sizeof(host), at, sizeof(at), err) != 0)
		return -1;
	if (!guard_allow(g, host)) {
		err_set(err, -1, "too many hosts");
		goto out;
	}
	if (confine(o->sandbox != NULL ? o->sandbox : s->sandbox, err) != 0 || pages_init(err) != 0 ||
	    server_start(&so, fd, &server, err) != 0)
		goto out;
	if (!loopback)
		log_warn(
		    "%s can be reached from other machines, and speaks no TLS: put that in front",
		    at);
	log_info("serving http://%s from %s", at, socket);
	tell_ready(o->ready_fd, at);
	wait_for_stop(&set);
	server_stop(server);
	log_info("stopped");
	rc = 0;
out:
	pages_fini();
	close(fd);
	return rc;
}

static int
start(const struct options *o, struct guard *g, const struct env *env, struct err *err)
{
	struct http_settings s;
	char *socket = NULL, *hosts = NULL;
	char path[128];
	int rc = -1;

	if (http_settings_load(&s, env, err) != 0 ||
	    set_log_level(o->log_level != NULL ? o->log_level : s.log_level, err) != 0)
		return -1;
	hosts = strdup(s.allow_hosts != NULL ? s.allow_hosts : "");
	if (hosts == NULL || allow_hosts(g, hosts, err) != 0)
		goto out;
	if (o->socket == NULL)
		socket = env_path(env, "COOLVEC_SOCKET", NULL);
	if (sock_path(o->socket != NULL ? o->socket : socket, false, path, sizeof(path), err) != 0)
		goto out;
	raise_limits();
	metrics_init();
	rc = serve(o, &s, g, path, err);
out:
	free(socket);
	free(hosts);
	return rc;
}

int
main(int argc, char **argv)
{
	struct guard guard = { .nhosts = 0 };
	struct env *env = NULL;
	struct err err = { 0 };
	struct options o;
	int rc;

	if ((rc = parse(argc, argv, &o, &guard)) != 0)
		return rc;
	wire_forget();
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	if ((rc = env_load(o.env, o.must_env, &env, &err)) == 0)
		rc = start(&o, &guard, env, &err);
	env_free(env);
	if (rc != 0)
		fprintf(stderr, "coolvec-http: %s\n", err.text);
	return rc == 0 ? EXIT_DONE : EXIT_FAILED;
}
