// SPDX-License-Identifier: Apache-2.0
package io.margay.console.render;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.console.Share;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class JsonRowsTest {
  private record Hop(InetAddress gateway, int weight) {}

  private record Route(
      Cidr destination,
      List<Hop> hops,
      Optional<String> device,
      Duration age,
      boolean isLocal,
      Map<String, String> labels,
      String default_) {}

  private record Number(int number) {}

  private record Fill(Share used) {}

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final JsonRows rows = new JsonRows(new PrintStream(bytes, true, StandardCharsets.UTF_8));

  @Test
  void writesSharesAsNumbers() {
    rows.add(new Fill(Share.of(3, 8)));
    rows.end(true);

    assertEquals("[\n{\"used\":0.3750}\n]\n", bytes.toString(StandardCharsets.UTF_8));
  }

  @Test
  void writesStructuresAsObjectsAndValuesAsText() {
    rows.add(
        new Route(
            Cidr.parse("10.0.0.0/26"),
            List.of(new Hop(Ip.parse("192.0.2.1"), 1)),
            Optional.empty(),
            Duration.ofMillis(90_500),
            true,
            Map.of("a", "\"b\""),
            "x"));
    rows.end(true);

    assertEquals(
        """
        [
        {"destination":"10.0.0.0/26","hops":[{"gateway":"192.0.2.1","weight":1}],"device":null,\
        "age":90.5,"isLocal":true,"labels":{"a":"\\"b\\""},"default":"x"}
        ]
        """,
        text());
  }

  @Test
  void writesLinesWhenFollowed() {
    rows.add(new Number(1));
    rows.add(new Number(2));
    rows.flush();
    rows.add(new Number(3));
    rows.end(true);

    assertEquals("{\"number\":1}\n{\"number\":2}\n{\"number\":3}\n", text());
  }

  @Test
  void writesAnEmptyArrayOnlyOnSuccess() {
    rows.end(false);
    assertEquals("", text());
  }

  @Test
  void closesTheArrayAfterAFailure() {
    rows.add(new Number(1));
    rows.end(false);

    assertEquals("[\n{\"number\":1}\n]\n", text());
  }

  @Test
  void boundsWhatItKeepsInMemory() {
    IntStream.range(0, 10_001).forEach(i -> rows.add(new Number(i)));
    assertEquals(10_001, text().lines().count());

    rows.end(true);
    assertEquals(10_003, text().lines().count());
  }

  private String text() {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
