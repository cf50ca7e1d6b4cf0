// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentLockTest {
  @TempDir Path folder;

  @Test
  void makesTheStateDirectoryAndNotesItsOwner() throws Exception {
    Path state = folder.resolve("a/b");

    AgentLock lock = AgentLock.take(state);

    assertEquals(
        ProcessHandle.current().pid() + "\n", Files.readString(state.resolve("agent.lock")));
    lock.close();
  }

  @Test
  void givesTheDirectoryBackWhenClosed() throws Exception {
    AgentLock.take(folder).close();

    AgentLock.take(folder).close();
  }

  @Test
  void refusesWhenTheStateDirectoryIsAFile() throws Exception {
    Path state = Files.createFile(folder.resolve("file"));

    Refusal refusal = assertThrows(Refusal.class, () -> AgentLock.take(state));

    assertEquals(73, refusal.exitCode());
  }
}
