// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.margay.cni.CniException.Code;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A call whose variables and configuration are valid for its verb. CNI 1.1.0 sections 2 and 4.
 *
 * @param container empty for GC, STATUS and VERSION
 * @param ifname empty for GC, STATUS and VERSION
 * @param namespace the container's network namespace; always there for ADD and CHECK
 * @param mayBeHostNamespace whether the namespace may be the agent's own
 * @param args from CNI_ARGS
 */
record Request(
    Verb verb,
    String container,
    String ifname,
    Optional<Path> namespace,
    boolean mayBeHostNamespace,
    Map<String, String> args,
    NetConf conf) {
  /** Of network names and container ids. */
  static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]*");

  /**
   * Longest network, container and ifname together with two commas: they name a file of the spool,
   * and with shorter separators the alias of a link (IFALIASZ of linux/if.h).
   */
  private static final int MAX_ATTACHMENT_BYTES = 255;

  private static final String MISSING = "missing";

  /** What Linux takes for the name of a link. */
  private static final Pattern IFNAME = Pattern.compile("[^/:\\s]{1,15}");

  Request {
    args = Map.copyOf(args);
  }

  /**
   * @throws CniException with the specification's code; the message names every bad variable
   */
  static Request decode(RawCall call) throws CniException {
    Verb verb = verb(call);
    Map<String, String> problems = new TreeMap<>();
    if (verb.isAboutAttachment()) {
      require(call, "CNI_CONTAINERID", NAME, problems);
      require(call, "CNI_IFNAME", IFNAME, problems);
      if (call.variable("CNI_IFNAME").matches("\\.\\.?")) {
        problems.put("CNI_IFNAME", call.variable("CNI_IFNAME"));
      }
      if (verb != Verb.DEL && call.variable("CNI_NETNS").isEmpty()) {
        problems.put("CNI_NETNS", MISSING);
      }
    }
    if (verb == Verb.GC && call.variable("CNI_PATH").isEmpty()) {
      problems.put("CNI_PATH", MISSING);
    }
    Optional<Map<String, String>> args = args(call.variable("CNI_ARGS"));
    if (args.isEmpty() && verb != Verb.DEL) {
      problems.put("CNI_ARGS", CniException.quoted(call.variable("CNI_ARGS")));
    }
    if (!problems.isEmpty()) {
      throw invalid(problems);
    }
    boolean isShort = !verb.isAboutAttachment();
    NetConf conf = NetConf.parse(call.input(), verb, call.variable(RawCall.PLUGIN));
    if (verb == Verb.ADD) {
      checkLength(call, conf);
    }
    return new Request(
        verb,
        isShort ? "" : call.variable("CNI_CONTAINERID"),
        isShort ? "" : call.variable("CNI_IFNAME"),
        Optional.of(call.variable("CNI_NETNS")).filter(s -> !s.isEmpty()).map(Path::of),
        call.variable("CNI_NETNS_OVERRIDE").matches("(?i)1|true"),
        args.orElse(Map.of()),
        conf);
  }

  /** Not of a DEL: it is never refused, and what was not added need not be found. */
  private static void checkLength(RawCall call, NetConf conf) throws CniException {
    String container = call.variable("CNI_CONTAINERID");
    int others = conf.name().length() + call.variable("CNI_IFNAME").getBytes(UTF_8).length + 2;
    if (container.length() + others > MAX_ATTACHMENT_BYTES) {
      int most = Math.max(0, MAX_ATTACHMENT_BYTES - others);
      throw invalid(
          Map.of(
              "CNI_CONTAINERID",
              "%d characters (expected: at most %d)".formatted(container.length(), most)));
    }
  }

  /**
   * The key=value pairs of CNI_ARGS, separated by semicolons; empty when the text is not such a
   * list.
   */
  static Optional<Map<String, String>> args(String text) {
    Map<String, String> args = new LinkedHashMap<>();
    for (String pair : text.split(";")) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        args.put(pair.substring(0, equals), pair.substring(equals + 1));
      } else if (!pair.isEmpty()) {
        return Optional.empty();
      }
    }
    return Optional.of(args);
  }

  /** The version as on input, whatever it is: answers repeat it. */
  static String versionFor(RawCall call) {
    if (call.input().length == 0) {
      return SpecVersion.LATEST.toString();
    }
    try {
      return NetConf.versionText(NetConf.object(call.input()));
    } catch (CniException e) {
      return SpecVersion.LATEST.toString();
    }
  }

  Attachment attachment() {
    return new Attachment(conf.name(), container, ifname);
  }

  private static Verb verb(RawCall call) throws CniException {
    String name = call.variable("CNI_COMMAND");
    for (Verb verb : Verb.values()) {
      if (verb.name().equals(name)) {
        return verb;
      }
    }
    throw invalid(Map.of("CNI_COMMAND", name.isEmpty() ? MISSING : CniException.quoted(name)));
  }

  private static CniException invalid(Map<String, String> problems) {
    return new CniException(
        Code.INVALID_ENVIRONMENT, "missing or invalid environment variables: " + problems);
  }

  private static void require(
      RawCall call, String name, Pattern pattern, Map<String, String> problems) {
    String value = call.variable(name);
    if (value.isEmpty()) {
      problems.put(name, MISSING);
    } else if (!pattern.matcher(value).matches()) {
      problems.put(name, CniException.quoted(value));
    }
  }
}
