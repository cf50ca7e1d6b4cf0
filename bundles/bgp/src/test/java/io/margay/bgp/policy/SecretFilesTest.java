// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.resource.SecretKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretFilesTest {
  @TempDir private Path directory;

  private String read(String name, String key) throws Secrets.UnreadableException {
    return new SecretFiles(directory).password(new SecretKey(name, key));
  }

  private void write(String text) throws IOException {
    Files.createDirectories(directory.resolve("bgp"));
    Files.writeString(directory.resolve("bgp/tor"), text);
  }

  @Test
  void readsAFileWithoutItsLastLineFeed() throws Exception {
    write(" a secret \n");

    assertEquals(" a secret ", read("bgp", "tor"));
  }

  @Test
  void refusesWhatTcpCannotSignWith() throws IOException {
    for (String text : new String[] {"", "\n", "x".repeat(81)}) {
      write(text);
      assertThrows(Secrets.UnreadableException.class, () -> read("bgp", "tor"));
    }
  }

  @Test
  void saysWhereNoFileIsAndLeavesItsDirectoryForNone() {
    String missing =
        assertThrows(Secrets.UnreadableException.class, () -> read("bgp", "none")).getMessage();
    String outside =
        assertThrows(Secrets.UnreadableException.class, () -> read("..", "tor")).getMessage();

    assertTrue(missing.endsWith("bgp/none does not exist"), missing);
    assertFalse(outside.contains("does not exist"), outside);
  }

  @Test
  void showsNoPasswordWithTheSettings() {
    PeerSettings peer =
        new View("node1")
            .node("node1", "10.0.0.1")
            .peer(
                "tor", "'peerIP':'10.0.0.2','password':{'secretKeyRef':{'name':'bgp','key':'tor'}}")
            .settings()
            .peers()
            .get(0);

    assertTrue(peer.password().isPresent());
    assertFalse(peer.toString().contains(peer.password().get()), peer.toString());
  }
}
