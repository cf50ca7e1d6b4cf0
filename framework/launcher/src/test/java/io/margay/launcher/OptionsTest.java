// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OptionsTest {
  @Test
  void readsEveryOption() throws Refusal {
    Options options =
        Options.parse(
            List.of(
                "--node", "n1", "--state", "/s", "--store", "/d/x.db", "--set", "a=b=c", "--set",
                "e="));

    assertEquals(
        new Options("n1", Path.of("/s"), Path.of("/d/x.db"), Map.of("a", "b=c", "e", "")), options);
  }

  @Test
  void keepsTheStoreInTheStateDirectoryByDefault() throws Refusal {
    Options options = Options.parse(List.of("--node", "n1"));

    assertEquals(Path.of("/var/lib/margay"), options.state());
    assertEquals(Path.of("/var/lib/margay/store.db"), options.store());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--nod n1        | unknown option: --nod",
        "--node          | --node needs a value",
        "--state ''      | --state needs a path",
        "--set abc       | --set abc (expected: KEY=VALUE)",
        "--set =abc      | --set =abc (expected: KEY=VALUE)",
      })
  void namesTheOptionThatIsWrong(String line, String message) {
    List<String> args =
        List.of(line.replace("''", "\0").split(" ")).stream()
            .map(arg -> arg.replace("\0", ""))
            .toList();

    Refusal refusal = assertThrows(Refusal.class, () -> Options.parse(args));

    assertEquals(64, refusal.exitCode());
    assertEquals(message + " (see margay agent --help)", refusal.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Node", "n_1", "-n", "n-", "a..b", "a/b", ".a"})
  void refusesWhatIsNoDnsName(String name) {
    Refusal refusal = assertThrows(Refusal.class, () -> Options.parse(List.of("--node", name)));

    assertTrue(refusal.getMessage().contains("\"" + name + "\""), refusal.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"n", "node1", "ip-10-0-0-1.eu-west-1.compute.internal"})
  void takesKubernetesNodeNames(String name) throws Refusal {
    assertEquals(name, Options.parse(List.of("--node", name)).node());
  }
}
