// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;
import org.apache.sshd.common.util.security.SecurityUtils;

/** The node's key, ed25519: made once, in OpenSSH's format, for root alone. */
final class HostKey {
  private HostKey() {}

  static KeyPair loadOrMake(Path file) throws IOException {
    try {
      if (Files.notExists(file)) {
        make(file);
      }
      try (InputStream in = Files.newInputStream(file)) {
        Iterable<KeyPair> keys =
            SecurityUtils.loadKeyPairIdentities(
                null, NamedResource.ofName(file.toString()), in, null);
        if (keys == null) {
          throw new IOException(file + ": no private key (expected: OpenSSH's format)");
        }
        return keys.iterator().next();
      }
    } catch (GeneralSecurityException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  private static void make(Path file) throws IOException, GeneralSecurityException {
    KeyPair pair = Ed25519.generate();
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    Files.createFile(
        fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (OutputStream out = Files.newOutputStream(fresh)) {
      OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(pair, "margay", null, out);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
