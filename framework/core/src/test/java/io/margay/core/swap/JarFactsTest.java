// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JarFactsTest {
  @TempDir Path temp;

  @Test
  void readsNameAndVersion() throws Exception {
    JarFacts jar = TestJar.write(temp.resolve("a.jar"), "acme;singleton:=true", "1.2.3.x");

    assertEquals("acme", jar.name());
    assertEquals("1.2.3.x", jar.version().toString());
    assertFalse(jar.ownsPort());
  }

  @Test
  void readsWhetherItCannotRunBesideAnother() throws Exception {
    assertTrue(TestJar.write(temp.resolve("a.jar"), "a", "1.0", "Margay-Swap", "after").ownsPort());
    assertFalse(
        TestJar.write(temp.resolve("b.jar"), "a", "1.0", "Margay-Swap", "beside").ownsPort());
  }

  @Test
  void refusesAnotherWay() {
    assertRefused(
        "a.jar: Margay-Swap: sideways (expected: beside or after)", "Margay-Swap", "sideways");
  }

  @Test
  void refusesAFragment() {
    assertRefused(
        "a.jar is a fragment; install it with its host by margay upgrade", "Fragment-Host", "x");
  }

  @Test
  void refusesWhatIsNoJar() throws Exception {
    Path file = Files.writeString(temp.resolve("text.jar"), "no jar");

    SwapException refusal = assertThrows(SwapException.class, () -> JarFacts.read(file));

    assertTrue(refusal.getMessage().startsWith(file + " cannot be read as a jar: "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "io.margay.api",
        "io.margay.core",
        "org.xerial.sqlite-jdbc",
        "org.apache.felix.scr"
      })
  void whatTheOthersStandOnIsNotReplaced(String name) throws Exception {
    JarFacts jar = TestJar.write(temp.resolve("a.jar"), name, "9.0");

    SwapException refusal =
        assertThrows(SwapException.class, () -> Gatekeeper.checkReplaceable(jar));

    assertEquals(
        name + " is what the other bundles stand on: replace it by margay upgrade",
        refusal.getMessage());
  }

  private void assertRefused(String message, String... headers) {
    SwapException refusal =
        assertThrows(
            SwapException.class, () -> TestJar.write(temp.resolve("a.jar"), "a", "1.0", headers));
    assertEquals(message, refusal.getMessage());
  }
}
