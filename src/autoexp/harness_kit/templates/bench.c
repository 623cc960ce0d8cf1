/* Lets a function of the candidate answer calls of the judge; bench_c.sh builds and runs it.
 * Keep both out of scope.edit. A line of the judge looks like {"args":[[0.25,0.5]],"id":"0f3a"}. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef CANDIDATE
#include CANDIDATE /* defines solve() as below */
#else
static double solve(const double *values, size_t count) { /* the reference: slow and obvious is fine */
    double sum = 0;
    for (size_t n = 0; n < count; n++) sum += values[n] * values[n];
    return sum;
}
#endif

int main(void) {
    char *line = NULL;
    size_t room = 0;
    puts("{\"ready\":true}");
    fflush(stdout);
    while (getline(&line, &room, stdin) > 0) {
        char *at = strstr(line, "\"args\":[["), *id = strstr(line, "\"id\":\"");
        if (at == NULL || id == NULL) break; /* {"bye":true} */
        size_t count = 0;
        double *values = malloc((strlen(at) / 2 + 1) * sizeof *values);
        for (at += strlen("\"args\":[["); *at != ']'; at += *at == ',') values[count++] = strtod(at, &at);
        double answer = solve(values, count);
        printf("{\"id\":\"%.*s\",\"answer\":%.17g}\n", (int)strcspn(id + 6, "\""), id + 6, answer);
        fflush(stdout);
        free(values);
    }
    return 0;
}
