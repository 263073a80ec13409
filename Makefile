# Aliases for ./siyu, which does the work.
.PHONY: run test check bench setup reset help ci

run test check bench setup reset help:
	./siyu $@

ci:
	.ci/run
