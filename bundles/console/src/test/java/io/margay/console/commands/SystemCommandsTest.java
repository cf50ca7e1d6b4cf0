// SPDX-License-Identifier: Apache-2.0
package io.margay.console.commands;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.console.shell.TestShell;
import org.junit.jupiter.api.Test;

class SystemCommandsTest {
  private final TestShell shell = new TestShell(new SystemMemory(), new SystemThreads());

  @Test
  void listsThreadsAndWhatTheyDo() {
    assertTrue(shell.run("system:threads Finalizer").out().contains(" Finalizer "));
    String stacks = shell.run("system:threads --stack Finalizer").out();
    assertTrue(stacks.contains(" Finalizer ") && stacks.contains("\n    at "), stacks);
    assertEquals("[]\n", shell.run("system:threads no-such-thread --json").out());
  }

  @Test
  void saysWhatMemoryIsFor() {
    String out = shell.run("system:memory").out();

    assertTrue(out.matches("(?s)MEMORY .*\\nresident +- +\\d+ .*\\nheap +- .*\\nother +- .*"), out);
  }

  @Test
  void secretsOfTheCommandLineAreMasked() {
    assertEquals("***", SystemProperty.masked("margay.password", "wasp"));
    assertEquals(
        "Main --set a.token=*** --set b=c",
        SystemProperty.masked("sun.java.command", "Main --set a.token=wasp --set b=c"));
    assertFalse(SystemProperty.masked("line.separator", "\n").isEmpty());
  }
}
