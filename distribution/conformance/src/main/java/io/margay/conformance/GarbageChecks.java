// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import static io.margay.conformance.Check.must;
import static io.margay.conformance.Check.should;

import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Input that no runtime sends: the answer is an error as specified, never a crash. */
final class GarbageChecks {
  private static final int UNDECODABLE = 6;
  private static final int MIB = 1 << 20;

  /** Values that name files: flipped, they would make a plugin write anywhere on this machine. */
  private static final Pattern PATH = Pattern.compile("\"/[^\"]*\"");

  private GarbageChecks() {}

  /**
   * @param flips at most so many bytes of the configuration
   */
  static List<Check> all(int flips) {
    return List.of(
        must("P8", "random bytes: error 6", GarbageChecks::random).once(),
        must("P8", "a MiB of random bytes: error 6", GarbageChecks::muchRandom).once(),
        must("P8", "100,000 opening brackets: error 6", GarbageChecks::deep).once(),
        should("P6", "an unknown key with a MiB of text is tolerated", GarbageChecks::large).once(),
        must(
                "P3",
                "a CNI_CONTAINERID of 100,000 bytes: a result or an error",
                GarbageChecks::longId)
            .once(),
        must("P43", "a FIFO as CNI_NETNS is refused", GarbageChecks::fifo).once(),
        must(
                "P43",
                "each byte of the input flipped: a result or an error",
                trial -> flipped(trial, flips))
            .once());
  }

  private static String random(Trial trial) throws Deviation, IOException, InterruptedException {
    return bytes(trial, 300);
  }

  private static String muchRandom(Trial trial)
      throws Deviation, IOException, InterruptedException {
    return bytes(trial, MIB);
  }

  private static String bytes(Trial trial, int size)
      throws Deviation, IOException, InterruptedException {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    Call call = trial.call("ADD", trial.container()).withInput(bytes);
    trial.run(call).refused(UNDECODABLE);
    return "";
  }

  private static String deep(Trial trial) throws Deviation, IOException, InterruptedException {
    String text = "{\"cniVersion\": \"" + trial.version() + "\", \"x\": " + "[".repeat(100_000);
    Call call = trial.call("ADD", trial.container()).withInput(text);
    trial.run(call).refused(UNDECODABLE);
    return "";
  }

  private static String large(Trial trial) throws Deviation, IOException, InterruptedException {
    Call add = trial.call("ADD", trial.container());
    add = add.withInput(trial.conf("x-unknown", new JsonPrimitive("x".repeat(MIB))));
    trial.run(add).succeeded();
    trial.run(add.with("CNI_COMMAND", "DEL")).succeeded();
    return "";
  }

  private static String longId(Trial trial) throws Deviation, IOException, InterruptedException {
    Call add = trial.call("ADD", trial.container()).with("CNI_CONTAINERID", "a".repeat(100_000));
    return assertAnswered(trial, add) ? "a result" : "an error";
  }

  private static String fifo(Trial trial) throws Deviation, IOException, InterruptedException {
    Container container = trial.container();
    String fifo = trial.site().scratch().resolve(container.id()).toString();
    Shell.run("mkfifo", fifo);
    Call call = trial.call("ADD", container).with("CNI_NETNS", fifo);
    return "code " + trial.run(call).refused().code();
  }

  private static String flipped(Trial trial, int flips)
      throws Deviation, IOException, InterruptedException {
    Container container = trial.container();
    Call call = trial.call("ADD", container);
    List<Integer> positions = positions(call, flips);
    Random random = new Random(1);
    int refused = 0;
    for (int position : positions) {
      byte[] input = call.input().clone();
      input[position] ^= (byte) (1 << random.nextInt(8));
      try {
        refused += assertAnswered(trial, call.withInput(input)) ? 0 : 1;
      } catch (Deviation e) {
        throw new Deviation("byte " + position + " flipped: " + e.getMessage());
      }
      // The flipped byte may have changed which DEL undoes it; the link goes in any case.
      if (container.namespace().link(Container.IFNAME).isPresent()) {
        container.namespace().ip("link", "delete", Container.IFNAME);
      }
    }
    trial.del(container);
    return "%d bytes, %d refused".formatted(positions.size(), refused);
  }

  /** Evenly spread, without those of paths. */
  private static List<Integer> positions(Call call, int most) {
    String text = new String(call.input(), StandardCharsets.ISO_8859_1);
    Set<Integer> paths = new TreeSet<>();
    for (MatchResult path : PATH.matcher(text).results().toList()) {
      for (int i = path.start(); i < path.end(); i++) {
        paths.add(i);
      }
    }
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < text.length(); i++) {
      if (!paths.contains(i)) {
        all.add(i);
      }
    }
    int step = most == 0 ? Integer.MAX_VALUE : Math.max(1, (all.size() + most - 1) / most);
    List<Integer> chosen = new ArrayList<>();
    for (int i = step / 2; i < all.size(); i += step) {
      chosen.add(all.get(i));
    }
    return chosen;
  }

  /**
   * A call that ends with one JSON object, and an error with a code; what succeeded is undone.
   *
   * @return whether it succeeded
   */
  private static boolean assertAnswered(Trial trial, Call add)
      throws Deviation, IOException, InterruptedException {
    Outcome outcome = trial.run(add);
    if (!outcome.isSuccess()) {
      outcome.refused();
      return false;
    }
    outcome.json();
    trial.run(add.with("CNI_COMMAND", "DEL"));
    return true;
  }
}
