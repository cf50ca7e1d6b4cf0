// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.net.IpFamily;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Messages with bytes flipped, cut, put in, and lengths changed, are read or refused cleanly. */
class FuzzTest {
  /** How many; {@code -Dmargay.fuzz.mutants=10000000} for a long run. */
  private static final int MUTANTS = Integer.getInteger("margay.fuzz.mutants", 100_000);

  /** Behind the message: whoever reads on reads a prefix that no message has. */
  private static final int GUARD = 64;

  @Test
  void readsOrRefusesEveryMutant() throws IOException {
    List<Vector> vectors = Vector.all();
    List<UpdateDecoder> decoders = new ArrayList<>();
    vectors.forEach(v -> decoders.add(new UpdateDecoder(v.updateContext(), new AttributeTable())));
    Random random = new Random(4271);
    int accepted = 0;
    int refused = 0;
    for (int i = 0; i < MUTANTS; i++) {
      int which = random.nextInt(vectors.size());
      byte[] mutant = mutate(vectors.get(which).message(), random);
      try {
        read(mutant, vectors.get(which).maxLength(), decoders.get(which));
        accepted++;
      } catch (BgpException e) {
        refused++;
      } catch (RuntimeException e) {
        throw new AssertionError(
            vectors.get(which) + " as " + Bytes.hex(mutant, 0, mutant.length), e);
      }
    }

    assertTrue(accepted > MUTANTS / 100 && refused > MUTANTS / 100, accepted + " " + refused);
  }

  private static byte[] mutate(byte[] message, Random random) {
    byte[] mutant = message.clone();
    for (int n = 1 + random.nextInt(4); n > 0; n--) {
      int at =
          random.nextInt(4) == 0 ? random.nextInt(mutant.length) : behindMarker(mutant, random);
      switch (random.nextInt(5)) {
        case 0 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> mutant[at] = (byte) random.nextInt(256);
        case 2 -> mutant[at] = (byte) (random.nextBoolean() ? 0 : 0xff);
        case 3 -> mutant = Arrays.copyOf(mutant, Math.max(19, at));
        default -> mutant = inserted(mutant, at, random);
      }
    }
    if (random.nextInt(10) > 0) {
      Bytes.put16(mutant, 16, mutant.length);
    }
    return mutant;
  }

  private static int behindMarker(byte[] message, Random random) {
    return message.length <= 18 ? 18 : 18 + random.nextInt(message.length - 18);
  }

  private static byte[] inserted(byte[] message, int at, Random random) {
    byte[] longer = new byte[Math.min(65535, message.length + 1 + random.nextInt(8))];
    random.nextBytes(longer);
    System.arraycopy(message, 0, longer, 0, at);
    int rest = Math.min(message.length - at, longer.length - at);
    System.arraycopy(message, message.length - rest, longer, longer.length - rest, rest);
    return longer;
  }

  /** As a session does, with other bytes behind the message. */
  private static void read(byte[] mutant, int maxLength, UpdateDecoder decoder)
      throws BgpException {
    byte[] bytes = Arrays.copyOf(mutant, mutant.length + GUARD);
    Arrays.fill(bytes, mutant.length, bytes.length, (byte) 0xa5);
    int length = Message.length(bytes, 0, mutant.length, maxLength);
    if (length == 0 || length > mutant.length) {
      return;
    }
    switch (Message.type(bytes, 0)) {
      case Message.OPEN -> Open.decode(bytes, 0, length).encode();
      case Message.UPDATE -> check(decoder, decoder.decode(bytes, 0, length));
      case Message.NOTIFICATION -> Message.notification(bytes, 0, length).toString();
      case Message.ROUTE_REFRESH -> RouteRefresh.decode(bytes, 0, length);
      default -> {
        // A KEEPALIVE has nothing to read.
      }
    }
  }

  private static void check(UpdateDecoder decoder, UpdateDecoder.Action action) {
    int[] prefixes = {0};
    decoder.withdrawn((high, low, length) -> checked(IpFamily.IPV4, length, prefixes));
    decoder.nlri((high, low, length) -> checked(IpFamily.IPV4, length, prefixes));
    decoder.reached((high, low, length) -> checked(decoder.reachedFamily(), length, prefixes));
    decoder.unreached((high, low, length) -> checked(decoder.unreachedFamily(), length, prefixes));
    int counted =
        decoder.withdrawnCount()
            + decoder.nlriCount()
            + decoder.reachedCount()
            + decoder.unreachedCount();
    assertTrue(prefixes[0] == counted, prefixes[0] + " " + counted);
    if (action == UpdateDecoder.Action.ACCEPT && decoder.nlriCount() > 0) {
      decoder.nlriAttributes().toString();
    }
    if (action == UpdateDecoder.Action.ACCEPT && decoder.reachedCount() > 0) {
      decoder.reachedAttributes().toString();
    }
  }

  private static void checked(IpFamily family, int length, int[] prefixes) {
    assertTrue(length <= family.addressBits(), "length " + length);
    prefixes[0]++;
  }
}
