// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FeaturesTest {
  @TempDir Path temp;

  @Test
  void findsJarsFromTheFolderOfTheFile() throws Exception {
    JarFacts jar = TestJar.write(temp.resolve("a.jar"), "acme", "1.0");
    write(
        """
        {"features": [{"name": "f", "version": "2", "description": "some",
          "bundles": [{"file": "a.jar", "sha256": "%s"}]}]}
        """
            .formatted(jar.sha256()));

    Features.Feature feature = read().named("f");

    assertEquals("2", feature.version());
    assertEquals("some", feature.description());
    assertEquals(List.of(jar), List.of(feature.bundles().get(0).read()));
  }

  @Test
  void refusesAJarThatIsNotTheOneMeant() throws Exception {
    TestJar.write(temp.resolve("a.jar"), "acme", "1.0");
    write(
        """
        {"features": [{"name": "f", "version": "2",
          "bundles": [{"file": "a.jar", "sha256": "00"}, {"file": "b.jar"}]}]}
        """);
    List<Features.Item> items = read().named("f").bundles();

    SwapException other = assertThrows(SwapException.class, () -> items.get(0).read());
    SwapException none = assertThrows(SwapException.class, () -> items.get(1).read());

    assertTrue(other.getMessage().endsWith("(expected: 00)"), other.getMessage());
    assertEquals(temp.resolve("b.jar") + ": no such file", none.getMessage());
  }

  @Test
  void withoutAFileThereAreNone() throws Exception {
    assertEquals(List.of(), read().features());

    SwapException refusal = assertThrows(SwapException.class, () -> read().named("f"));
    assertEquals("f: no such feature (expected: one of [])", refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "{}|: features: null (expected: a list)",
        "{\"features\": [1]}|: features: (expected: JSON objects)",
        "{\"features\": [{\"bundles\": []}]}|: name: null (expected: a text)",
        "{\"features\": [{\"name\": \"f\", \"version\": \"1\"}]}|: bundles: null (expected: a"
            + " list)",
        "no json| cannot be read: "
      })
  void saysWhatIsWrong(String text, String message) throws Exception {
    write(text);

    SwapException refusal = assertThrows(SwapException.class, this::read);

    assertTrue(
        refusal.getMessage().startsWith(temp.resolve("features.json") + message.stripTrailing()),
        refusal.getMessage());
  }

  private void write(String text) throws Exception {
    Files.writeString(temp.resolve("features.json"), text);
  }

  private Features read() throws SwapException {
    return Features.read(temp.resolve("features.json"));
  }
}
