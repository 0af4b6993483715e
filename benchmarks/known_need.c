/* A program that needs a known amount of memory, for benchmarks.accuracy; measures nothing.
 *
 *   known_need SHAPE [FILE]
 *
 * It idles, takes the shape, idles again, and prints how many bytes the shape held at its
 * peak: the pages it touched and the page tables that map them. Static, so that its own
 * base is small.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
#define PAGE ((size_t)4096)
#define HUGE_PAGE (2 * MIB)
#define HELD (100 * MIB)
#define IDLE_MS 500
#define HOLD_MS 1500 /* a sampler that looks every second looks at least once */
#define STEPS 10
#define CHILDREN 4
#define THREADS 16

static size_t known;
static struct {
  char *start;
  size_t bytes;
} regions[STEPS];
static int count;

static void check(int good, const char *doing) {
  if (!good) {
    perror(doing);
    exit(1);
  }
}

static void sleep_ms(long ms) {
  struct timespec left = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&left, &left) == -1 && errno == EINTR) {
  }
}

static size_t tables(size_t bytes) { return bytes / HUGE_PAGE * PAGE; }

/* Reserves address space that starts on a huge page; nothing is touched. */
static char *reserve(size_t bytes, int advice) {
  char *start = mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  check(start != MAP_FAILED, "mmap");
  start = (char *)(((size_t)start + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
  check(madvise(start, bytes, advice) == 0, "madvise");
  regions[count].start = start;
  regions[count++].bytes = bytes;
  return start;
}

static void touch(char *start, size_t bytes) {
  for (size_t at = 0; at < bytes; at += PAGE) start[at] = 1;
}

static char *hold(size_t bytes) {
  char *start = reserve(bytes, MADV_NOHUGEPAGE);
  touch(start, bytes);
  known += bytes + tables(bytes);
  return start;
}

/* So that the end of the program is far below its peak. */
static void release(void) {
  while (count > 0) {
    count--;
    munmap(regions[count].start, regions[count].bytes);
  }
}

static void ramp(void) {
  for (int step = 0; step < STEPS; step++) {
    hold(HELD / STEPS);
    sleep_ms(50);
  }
  sleep_ms(HOLD_MS);
}

static void spike(long ms) {
  hold(HELD);
  sleep_ms(ms);
  release();
  sleep_ms(HOLD_MS);
}

static void read_file(const char *path) {
  static char buffer[64 * 1024];
  int file = open(path, O_RDONLY);
  check(file >= 0, path);
  while (read(file, buffer, sizeof buffer) > 0) {
  }
  close(file);
}

/* Twice, because what is read once is the first that a kernel gives up. */
static void reader(const char *path) {
  hold(HELD);
  read_file(path);
  read_file(path);
  sleep_ms(HOLD_MS);
}

/* Where the cap is near, the spike takes the place of page cache. */
static void cached_spike(const char *path, long ms) {
  read_file(path);
  sleep_ms(IDLE_MS);
  spike(ms);
}

static void write_pages(int file, size_t bytes) {
  static char buffer[64 * 1024];
  for (size_t done = 0; done < bytes; done += sizeof buffer)
    check(write(file, buffer, sizeof buffer) == sizeof buffer, "write");
}

static void writer(const char *path) {
  hold(HELD);
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  check(file >= 0, path);
  write_pages(file, 2 * HELD);
  close(file);
  sleep_ms(HOLD_MS);
  unlink(path);
}

/* No more than the 64 MiB that Docker gives to /dev/shm. */
static void shared_memory(void) {
  const char *path = "/dev/shm/memtune-known-need";
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  check(file >= 0, path);
  write_pages(file, HELD / 2);
  known += HELD / 2;
  sleep_ms(HOLD_MS);
  close(file);
  unlink(path);
}

/* Children look at every page of their parent and write to some. */
static void pool(size_t written) {
  char *start = hold(HELD);
  for (int child = 0; child < CHILDREN; child++) {
    pid_t pid = fork();
    check(pid >= 0, "fork");
    if (pid == 0) {
      for (size_t at = 0; at < HELD; at += PAGE) *(volatile char *)(start + at);
      touch(start, written);
      sleep_ms(HOLD_MS);
      _exit(0);
    }
  }
  known += CHILDREN * (written + tables(HELD));
  while (wait(NULL) > 0) {
  }
}

static void *thread(void *start) {
  touch(start, HELD / THREADS);
  sleep_ms(HOLD_MS);
  return NULL;
}

static void threads(void) {
  pthread_t all[THREADS];
  pthread_attr_t small;
  char *start = reserve(HELD, MADV_NOHUGEPAGE);
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 64 * 1024);
  for (int i = 0; i < THREADS; i++)
    check(pthread_create(&all[i], &small, thread, start + i * (HELD / THREADS)) == 0, "thread");
  for (int i = 0; i < THREADS; i++) pthread_join(all[i], NULL);
  known += HELD + tables(HELD);
}

/* Touches every page of each huge page, or only the first half of it. */
static void huge(size_t share) {
  char *start = reserve(HELD, MADV_HUGEPAGE);
  for (size_t at = 0; at < HELD; at += HUGE_PAGE) touch(start + at, share);
  known += HELD / HUGE_PAGE * share + tables(HELD);
  sleep_ms(HOLD_MS);
}

/* Prints the kernel's own high-water mark, where this process can see it. */
static void kernel_peak(void) {
  const char *paths[] = {"/sys/fs/cgroup/memory.peak",
                         "/sys/fs/cgroup/memory/memory.max_usage_in_bytes"};
  char text[32] = "";
  for (int i = 0; i < 2; i++) {
    int file = open(paths[i], O_RDONLY);
    if (file < 0) continue;
    if (read(file, text, sizeof text - 1) > 0) dprintf(1, "kernel_peak=%s", text);
    close(file);
  }
}

static int take(const char *shape, const char *file) {
  if (strcmp(shape, "idle") == 0) sleep_ms(HOLD_MS);
  else if (strcmp(shape, "ramp") == 0) ramp();
  else if (strncmp(shape, "spike-", 6) == 0) spike(atol(shape + 6));
  else if (strcmp(shape, "reader") == 0) reader(file);
  else if (strncmp(shape, "cached-", 7) == 0) cached_spike(file, atol(shape + 7));
  else if (strcmp(shape, "writer") == 0) writer(file);
  else if (strcmp(shape, "shm") == 0) shared_memory();
  else if (strcmp(shape, "pool-shared") == 0) pool(0);
  else if (strcmp(shape, "pool-written") == 0) pool(HELD / 4);
  else if (strcmp(shape, "threads") == 0) threads();
  else if (strcmp(shape, "huge-full") == 0) huge(HUGE_PAGE);
  else if (strcmp(shape, "huge-half") == 0) huge(HUGE_PAGE / 2);
  else return 2;
  return 0;
}

int main(int given, char **words) {
  if (given < 2) return 2;
  sleep_ms(IDLE_MS);
  int status = take(words[1], given > 2 ? words[2] : "");
  release();
  sleep_ms(IDLE_MS);
  kernel_peak();
  dprintf(1, "known=%zu\n", known);
  return status;
}
