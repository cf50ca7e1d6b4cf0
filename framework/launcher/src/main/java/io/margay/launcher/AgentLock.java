// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps a second agent out of a state directory; the kernel drops the lock with the process. */
final class AgentLock implements AutoCloseable {
  private final FileChannel channel;

  private AgentLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Makes the state directory when there is none, and takes it. */
  static AgentLock take(Path state) throws Refusal {
    Path file = state.resolve("agent.lock");
    try {
      Files.createDirectories(state);
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock == null) {
        String owner = Files.readString(file).strip();
        channel.close();
        throw new Refusal(
            Refusal.CANNOT_CREATE,
            state + ": another agent uses this state directory (pid " + owner + ")");
      }
      channel.truncate(0);
      String pid = ProcessHandle.current().pid() + "\n";
      channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)));
      return new AgentLock(channel);
    } catch (IOException e) {
      throw new Refusal(Refusal.CANNOT_CREATE, "state directory: " + e, e);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
