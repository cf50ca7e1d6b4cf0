// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The map of three nodes, in the terminal and in a browser. */
class MapIT {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static Lab lab;

  @TempDir Path folder;

  @BeforeAll
  static void threeNodes() throws IOException {
    lab = Lab.up("--nodes", "3");
    lab.run("pod", "add", "node1", "a").orFail();
    lab.run("pod", "add", "node2", "b").orFail();
    lab.run("exec", "node1", "mode:switch default-ipv4-ippool ipip").orFail();
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void theTerminalShowsNodesPoolsAndWhoIsSilent() throws Exception {
    Lab.await("sessions are up", () -> map().matches("(?s).*node1 .* (\\d) of \\1 BGP up\\n.*"));
    String map = map();
    assertTrue(map.startsWith("3 nodes, "), map);
    assertTrue(map.matches("(?s).*node1 .* ready +1 pod .*"), map);
    assertTrue(map.matches("(?s).*default-ipv4-ippool  .*  ipip\n.*ipip to all.*"), map);
    assertEquals(List.of(), map.lines().filter(line -> line.length() > 80).toList());

    lab.kill("node3");
    String without = map();
    lab.start("node3");

    assertTrue(without.matches("(?s).*node3 .* SILENT .*its agent does not answer.*"), without);
  }

  @Test
  void thePageShowsTheSameInABrowserAndAsksNobody() throws Exception {
    assumeTrue(Files.exists(CHROMIUM), "needs Debian's package chromium");
    Path page = folder.resolve("map.html");
    Shell.run(
            Distribution.HOME.resolve("bin/margay").toString(),
            "map",
            "--state",
            lab.nodeState("node1").toString(),
            "--html",
            page.toString())
        .orFail();
    assertFalse(Files.readString(page).matches("(?s).*(src|href)=.*"), "refers to something else");

    String dom = chromium("--dump-dom", page);
    for (String node : List.of("node1", "node2", "node3")) {
      assertTrue(dom.contains("data-node=\"" + node + "\""), dom);
    }
    assertEquals(3, count(dom, "data-wire=\"ipip\""), dom);
    assertTrue(dom.contains("of 64"), dom);
    assertTrue(count(dom, ">(Established|Active|Connect|OpenSent|OpenConfirm|Idle)<") >= 2, dom);
    assertTrue(count(dom, "class=\"bar\"") >= 3, dom);

    Path picture = folder.resolve("map.png");
    chromium("--screenshot=" + picture, page);
    BufferedImage image = ImageIO.read(picture.toFile());
    Set<Integer> colours = new HashSet<>();
    for (int x = 0; x < image.getWidth(); x += 3) {
      for (int y = 0; y < image.getHeight(); y += 3) {
        colours.add(image.getRGB(x, y));
      }
    }
    assertEquals(1200, image.getWidth());
    assertTrue(colours.size() > 20, "colours: " + colours.size());
  }

  private static String map() {
    return lab.run("exec", "node1", "net:map").orFail().strip();
  }

  private String chromium(String what, Path page) {
    return Shell.run(
            Map.of("HOME", folder.toString()),
            "",
            CHROMIUM.toString(),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--window-size=1200,900",
            "--user-data-dir=" + folder.resolve("profile"),
            what,
            page.toUri().toString())
        .orFail();
  }

  private static int count(String text, String regex) {
    Matcher matcher = Pattern.compile(regex).matcher(text);
    int count = 0;
    while (matcher.find()) {
      count++;
    }
    return count;
  }
}
