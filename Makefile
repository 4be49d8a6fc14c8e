# A thin door: each target installs what it needs, configures, builds and runs. CMakePresets.json is the house.
JOBS ?= $(shell nproc)
.DEFAULT_GOAL := help
.PHONY: help demo test asan bench tidy fuzz format clean

help:
	@echo "make demo    take three sample drivers through bus reset, removal, device reset, rebalance and sleep"
	@echo "make test    build and run every test"
	@echo "make asan    the same under AddressSanitizer and UndefinedBehaviorSanitizer"
	@echo "make bench   measure, as in docs/performance.md"
	@echo "make tidy    clang-tidy over the tree"
	@echo "make fuzz    feed damaged input to what reads files, one minute each"
	@echo "make format  clang-format over the tree"
	@echo "make clean   remove build/"

# Tests stay as an earlier configuration left them: the demo needs none, and must not throw them away.
demo:
	scripts/bootstrap demo
	@[ -f build/build.ninja ] || cmake --preset release -DDRYDOCK_TESTS=OFF
	cmake --build build -j $(JOBS) --target drydock demo_guests
	build/drydock run build/guest/pvscsi.sys
	build/drydock run build/guest/medic.sys --board rail --scenario reset-ladder
	build/drydock run build/guest/edu.sys --callbacks

test:
	scripts/bootstrap demo test
	cmake --preset release -DDRYDOCK_TESTS=ON
	cmake --build build -j $(JOBS)
	@rm -f build/tests.xml build/conformance.tsv
	@ctest --test-dir build -j2 --output-on-failure --output-junit tests.xml; code=$$?; \
	  build/tests/conformance write . build/tests.xml build/conformance.tsv || [ $$code != 0 ] || code=1; exit $$code

asan:
	scripts/bootstrap demo test
	cmake --preset asan
	cmake --build build/asan -j $(JOBS)
	ASAN_OPTIONS=halt_on_error=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
	  ctest --test-dir build/asan -j2 --output-on-failure

bench:
	scripts/bootstrap demo bench
	@[ -f build/build.ninja ] || cmake --preset release -DDRYDOCK_TESTS=OFF
	cmake -S . -B build -DDRYDOCK_BENCH=ON
	cmake --build build -j $(JOBS) --target drydock_bench
	build/drydock_bench

tidy:
	scripts/bootstrap demo test tidy
	cmake --preset tidy
	cmake --build build/tidy -j $(JOBS)

fuzz:
	scripts/bootstrap demo fuzz
	cmake --preset fuzz
	cmake --build build/fuzz -j $(JOBS) --target fuzzers
	set -e; for fuzzer in build/fuzz/fuzzers/*_fuzz; do \
	  mkdir -p build/fuzz/found/$$(basename $$fuzzer); \
	  $$fuzzer -max_total_time=60 build/fuzz/found/$$(basename $$fuzzer) fuzz/corpus/$$(basename $$fuzzer); done

format:
	scripts/bootstrap tidy
	git ls-files 'src/*.h' 'src/*.cpp' 'tests/*.h' 'tests/*.cpp' 'bench/*.cpp' 'fuzz/*.cpp' | xargs clang-format -i

clean:
	rm -rf build
