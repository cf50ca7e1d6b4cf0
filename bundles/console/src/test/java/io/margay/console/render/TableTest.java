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
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TableTest {
  private record Values(
      InetAddress address,
      List<Cidr> podCidrs,
      Optional<String> note,
      OptionalInt mtuBytes,
      boolean isLocal,
      Map<String, Integer> counts,
      byte[] key,
      Instant since) {}

  private record Span(Duration age) {}

  private record Pool(String pool, String cidr, boolean natOutgoing) {}

  private record Line(String name, String text, int number) {}

  private record Other(String status) {}

  private record Fill(String pool, Share used) {}

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @Test
  void drawsSharesAtATerminalOnly() {
    List<Fill> fills =
        List.of(
            new Fill("a", Share.of(0, 0)),
            new Fill("b", Share.of(1, 1000)),
            new Fill("c", Share.of(3, 8)),
            new Fill("d", Share.of(999, 1000)),
            new Fill("e", Share.of(64, 64)));
    Table plain = new Table(out, Style.PLAIN, Optional.empty());
    Table terminal = new Table(out, new Style(80, false), Optional.empty());

    fills.forEach(plain::add);
    plain.end(true);
    fills.forEach(terminal::add);
    terminal.end(true);

    assertEquals(
        """
        POOL  USED
        a       0%
        b      <1%
        c      37%
        d      99%
        e     100%
        POOL                   USED
        a       0% ················
        b      <1% ▏···············
        c      37% ██████··········
        d      99% ███████████████▉
        e     100% ████████████████
        """,
        bytes.toString(StandardCharsets.UTF_8));
  }

  @Test
  void rendersValuesReadably() {
    Table table = new Table(out, Style.PLAIN, Optional.empty());

    table.add(
        new Values(
            Ip.parse("2001:db8:0:0::1"),
            List.of(Cidr.parse("10.0.0.0/26"), Cidr.parse("fd00::/122")),
            Optional.of("ready"),
            OptionalInt.of(1450),
            true,
            Map.of("pods", 3),
            new byte[] {1, (byte) 0xab},
            Instant.parse("2026-01-02T03:04:05.678Z")));
    table.add(
        new Values(
            Ip.parse("10.0.0.1"),
            List.of(),
            Optional.empty(),
            OptionalInt.empty(),
            false,
            Map.of(),
            new byte[0],
            Instant.EPOCH));
    table.end(true);

    assertEquals(
        """
        ADDRESS      POD-CIDRS               NOTE   MTU-BYTES  IS-LOCAL  COUNTS  KEY   SINCE
        2001:db8::1  10.0.0.0/26,fd00::/122  ready  1450       yes       pods=3  01ab  2026-01-02T03:04:05Z
        10.0.0.1     -                       -      -          no        -       -     1970-01-01T00:00:00Z
        """,
        text());
  }

  @Test
  void rendersSpansOfTime() {
    Table table = new Table(out, Style.PLAIN, Optional.empty());

    List.of("PT0S", "PT0.00025S", "PT0.25S", "PT59.9S", "PT2M", "PT3H5M7S", "P4DT1S", "PT-90S")
        .forEach(text -> table.add(new Span(Duration.parse(text))));
    table.end(true);

    assertEquals("AGE\n0ms\n250us\n250ms\n59s\n2m\n3h5m\n4d\n-1m30s\n", text());
  }

  @Test
  void cutsTheWidestColumnOnATerminal() {
    Table table = new Table(out, new Style(30, false), Optional.empty());

    table.add(new Line("short", "a text that is much too long for the line", 7));
    table.add(new Line("second", "fits", 12));
    table.end(true);

    assertEquals(
        """
        NAME    TEXT            NUMBER
        short   a text that i…       7
        second  fits                12
        """,
        text());
  }

  @Test
  void headingsGiveWayBeforeCellsAndTheFirstColumnLast() {
    Table table = new Table(out, new Style(36, false), Optional.empty());

    table.add(new Pool("default-ipv4-ippool", "192.168.0.0/16", false));
    table.end(true);

    assertEquals(
        """
        POOL                 CIDR     NAT-O…
        default-ipv4-ippool  192.16…  no
        """,
        text());
  }

  @Test
  void coloursHeadingsAndStates() {
    Table table = new Table(out, Style.terminal(80), Optional.empty());

    table.add(new Other("OK"));
    table.add(new Other("DOWN"));
    table.end(true);

    assertEquals("\033[1mSTATUS\033[0m\n\033[32mOK\033[0m\n\033[31mDOWN\033[0m\n", text());
  }

  @Test
  void startsANewTableForAnotherTypeOfRecord() {
    Table table = new Table(out, Style.PLAIN, Optional.of(Line.class));

    table.add(new Line("a", "b", 1));
    table.add(new Other("OK"));
    table.end(true);

    assertEquals("NAME  TEXT  NUMBER\na     b          1\n\nSTATUS\nOK\n", text());
  }

  @Test
  void printsHeadingsOfAnEmptyTableOnlyOnSuccess() {
    new Table(out, Style.PLAIN, Optional.of(Other.class)).end(false);
    assertEquals("", text());

    new Table(out, Style.PLAIN, Optional.of(Other.class)).end(true);
    assertEquals("STATUS\n", text());
  }

  @Test
  void keepsWidthsWhileRowsAreFollowed() {
    Table table = new Table(out, Style.PLAIN, Optional.empty());

    table.add(new Line("a", "b", 1));
    table.flush();
    table.add(new Line("longer than before", "b", 2));
    table.end(true);

    assertEquals(
        "NAME  TEXT  NUMBER\na     b          1\nlonger than before  b          2\n", text());
  }

  @Test
  void neutralisesControlCharacters() {
    Table table = new Table(out, Style.PLAIN, Optional.empty());

    table.add(new Other("a\033]0;evil\007\nb"));
    table.end(true);

    assertEquals("STATUS\na\\x1b]0;evil\\x07\\x0ab\n", text());
  }

  @Test
  void boundsWhatItKeepsInMemory() {
    Table table = new Table(out, Style.PLAIN, Optional.empty());

    IntStream.range(0, 10_000).forEach(i -> table.add(new Other("OK")));

    assertEquals(10_001, text().lines().count());
  }

  private String text() {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
