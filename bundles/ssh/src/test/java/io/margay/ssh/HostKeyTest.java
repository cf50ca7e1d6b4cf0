// SPDX-License-Identifier: Apache-2.0
package io.margay.ssh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.util.List;
import org.apache.sshd.common.config.keys.AuthorizedKeyEntry;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntryResolver;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.signature.BuiltinSignatures;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The node's key, and ed25519 by the JDK. */
class HostKeyTest {
  private static final byte[] TEXT = {1, 2, 3};

  @TempDir private Path directory;

  @BeforeAll
  static void register() {
    Ed25519.register();
    Ed25519.register();
  }

  @Test
  void isMadeOnce() throws IOException {
    KeyPair made = HostKey.loadOrMake(file());
    KeyPair loaded = HostKey.loadOrMake(file());

    assertEquals(KeyPairProvider.SSH_ED25519, KeyUtils.getKeyType(made));
    assertEquals(made.getPublic(), loaded.getPublic());
    assertEquals(made.getPrivate(), loaded.getPrivate());
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
    assertEquals(List.of("host_key"), List.of(directory.toFile().list()));
  }

  @Test
  void isNotMadeAnewWhenItCannotBeRead() throws IOException {
    Files.writeString(file(), "garbage");

    assertThrows(IOException.class, () -> HostKey.loadOrMake(file()));
  }

  @Test
  void signsAndVerifies() throws Exception {
    KeyPair pair = HostKey.loadOrMake(file());
    var signer = new Ed25519Signer(pair);

    byte[] signature = signer.sign(TEXT);

    assertTrue(signer.verify(TEXT, signature));
    assertEquals(64, signature.length);
    assertFalse(signer.verify(new byte[] {1, 2, 4}, signature));
  }

  /** The public key of RFC 8032, section 7.1, test 2. */
  @Test
  void readsAKeyAsOpensshWritesIt() throws Exception {
    String line =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID1AF8PoQ4laksowo3Bo5Rmovd+VK4o3rAyNYbfmYGYM test";
    var entry = AuthorizedKeyEntry.parseAuthorizedKeyEntry(line);

    var key = entry.resolvePublicKey(null, PublicKeyEntryResolver.IGNORING);

    assertEquals(KeyPairProvider.SSH_ED25519, KeyUtils.getKeyType(key));
    assertTrue(KeyUtils.compareKeys(key, entry.resolvePublicKey(null, null)));
  }

  private Path file() {
    return directory.resolve("host_key");
  }

  /** The signature that the SSH library uses. */
  private record Ed25519Signer(KeyPair pair) {
    byte[] sign(byte[] text) throws Exception {
      var signature = BuiltinSignatures.ed25519.create();
      signature.initSigner(null, pair.getPrivate());
      signature.update(null, text);
      return signature.sign(null);
    }

    boolean verify(byte[] text, byte[] signed) throws Exception {
      var signature = BuiltinSignatures.ed25519.create();
      signature.initVerifier(null, pair.getPublic());
      signature.update(null, text);
      return signature.verify(null, signed);
    }
  }
}
