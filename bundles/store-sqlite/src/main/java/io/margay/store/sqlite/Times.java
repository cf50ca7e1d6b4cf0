// SPDX-License-Identifier: Apache-2.0
package io.margay.store.sqlite;

import io.margay.api.health.Histogram;
import io.margay.api.health.MetricSource.Sink;
import io.margay.api.store.StoreException;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** How long calls of the store took, and how many it refused. For any thread. */
final class Times {
  /** What is asked of a store. */
  enum Operation {
    GET,
    LIST,
    WRITE
  }

  /** One call. */
  interface Call<T> {
    T run() throws StoreException;
  }

  private final Map<Operation, Histogram> seconds = new EnumMap<>(Operation.class);
  private final Map<Operation, LongAdder> errors = new EnumMap<>(Operation.class);

  Times() {
    for (Operation operation : Operation.values()) {
      seconds.put(
          operation,
          Histogram.ofSeconds(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.1, 1, 10));
      errors.put(operation, new LongAdder());
    }
  }

  <T> T time(Operation operation, Call<T> call) throws StoreException {
    long start = System.nanoTime();
    try {
      return call.run();
    } catch (StoreException e) {
      errors.get(operation).increment();
      throw e;
    } finally {
      seconds.get(operation).record(System.nanoTime() - start);
    }
  }

  void emit(Sink sink) {
    seconds.forEach(
        (operation, histogram) ->
            histogram.emit(sink, "margay_store_operation_seconds", label(operation)));
    errors.forEach(
        (operation, count) ->
            sink.gauge("margay_store_errors_total", label(operation), count.sum()));
  }

  private static Map<String, String> label(Operation operation) {
    return Map.of("operation", operation.name().toLowerCase(Locale.ROOT));
  }
}
