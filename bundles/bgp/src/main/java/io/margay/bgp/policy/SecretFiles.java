// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.policy;

import io.margay.api.resource.SecretKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Secrets as files, {@code DIRECTORY/NAME/KEY}; a line feed at the end does not count. */
public record SecretFiles(Path directory) implements Secrets {
  /** linux/tcp.h TCP_MD5SIG_MAXKEYLEN. */
  private static final int MAX_BYTES = 80;

  private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]*";

  @Override
  public String password(SecretKey key) throws UnreadableException {
    if (!key.name().matches(NAME) || !key.key().matches(NAME)) {
      throw new UnreadableException(
          "secret " + key.name() + "/" + key.key() + " (expected: letters, digits, '.', '_', '-')");
    }
    Path file = directory.resolve(key.name()).resolve(key.key());
    String text;
    try {
      text = Files.readString(file, StandardCharsets.UTF_8).replaceAll("\\R\\z", "");
    } catch (NoSuchFileException e) {
      throw new UnreadableException("secret " + file + " does not exist");
    } catch (IOException e) {
      throw new UnreadableException("secret " + file + " cannot be read: " + e.getMessage());
    }
    int length = text.getBytes(StandardCharsets.UTF_8).length;
    if (length == 0 || length > MAX_BYTES) {
      throw new UnreadableException(
          "secret " + file + " has " + length + " bytes (expected: 1.." + MAX_BYTES + ")");
    }
    return text;
  }
}
