// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Two nodes with pods of three pools, one of each mode, and what is done to them, in words: {@code
 * PLACE: COMMAND}, where PLACE is a node, a pod, {@code switch} or {@code outside} (a shell in its
 * namespace), {@code exec} (a console command), {@code lab} (of {@code margay lab}), {@code attach}
 * and {@code detach} (a pod, as a runtime does) or {@code apply} (a resource).
 *
 * <p>{@code {far}} stands for the address of the pod far, {@code {far6}} for the one of IPv6,
 * {@code {far.link}} for its link on the node, {@code {far.name}} for its name, {@code {node1}} for
 * the address of the node; also {@code {outside}}.
 */
final class ExplainLab implements AutoCloseable {
  private static final Pattern WORD = Pattern.compile("\\{([a-z0-9.-]+)}");

  /** Where each pod is, and its pool; empty for those of the default ones. */
  private enum Place {
    NEAR("node1", ""),
    BESIDE("node1", ""),
    FAR("node2", ""),
    GONE("node2", ""),
    NEAR_VXLAN("node1", "vxlan"),
    FAR_VXLAN("node2", "vxlan"),
    NEAR_IPIP("node1", "ipip"),
    FAR_IPIP("node2", "ipip");

    final String node;
    final String pool;

    Place(String node, String pool) {
      this.node = node;
      this.pool = pool;
    }

    String label() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
  }

  /** What {@code pod:explain} said. */
  record Answer(int exitCode, JsonObject json) {
    String health() {
      return json.get("health").getAsString();
    }

    String sentence() {
      return json.get("sentence").getAsString();
    }

    /** Node and place of the broken hop; {@code none} without one. */
    String hop() {
      if (!json.has("broken") || json.get("broken").isJsonNull()) {
        return "none";
      }
      JsonObject broken = json.getAsJsonObject("broken");
      return (broken.get("node").getAsString() + " " + broken.get("place").getAsString()).strip();
    }

    boolean isHealthy() {
      return exitCode == 0 && health().equals("HEALTHY");
    }

    /** What somebody needs to see why a test fails. */
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder(health() + " at " + hop() + ": " + sentence());
      json.getAsJsonArray("hops").forEach(hop -> text.append("\n  ").append(hop));
      return text.toString();
    }
  }

  private final Lab lab;
  private final Map<String, Pod> pods = new HashMap<>();
  private final Map<String, String> words = new HashMap<>();

  ExplainLab() throws IOException {
    lab = Lab.up(2, "46");
    try {
      run("exec: pool:create vxlan --cidr 10.65.0.0/16 --mode vxlan --nat-outgoing");
      run("exec: pool:create ipip --cidr 10.66.0.0/16 --mode ipip");
      for (Place place : Place.values()) {
        pods.put(place.label(), lab.pod(place.node));
        run("attach: " + place.label());
      }
      learnLinks();
      String block = run("exec: ipam:why {far}").replaceAll("(?s).*block +(\\S+) .*", "$1");
      words.put("far.block", block.replaceAll("[./]", "-"));
      for (String node : List.of("node1", "node2", "outside")) {
        words.put(node, address(lab.netns(node)));
        words.put(node + ".netns", lab.netns(node));
      }
    } catch (AssertionError e) {
      lab.close();
      throw e;
    }
  }

  private void learnLinks() {
    for (JsonObject row : lab.rows("node1", "endpoint:list")) {
      pods.forEach(
          (label, pod) -> {
            if (row.get("workload").getAsString().equals(pod.netns())) {
              words.put(label + ".link", row.get("hostLink").getAsString());
              words.put(label + ".name", pod.netns());
            }
          });
    }
    for (JsonObject document : lab.documents("node1", "workloadendpoint")) {
      JsonObject metadata = document.getAsJsonObject("metadata");
      String name =
          metadata.get("namespace").getAsString() + "/" + metadata.get("name").getAsString();
      String workload = document.getAsJsonObject("spec").get("pod").getAsString();
      pods.forEach(
          (label, pod) -> {
            if (pod.netns().equals(workload)) {
              words.put(label + ".document", name);
            }
          });
    }
  }

  private static String address(String netns) {
    String[] show = {"ip", "-n", netns, "-4", "-br", "address", "show", "dev", "eth0"};
    return Shell.run(show).orFail().split("\\s+")[2].replaceAll("/.*", "");
  }

  Lab lab() {
    return lab;
  }

  /** Runs a step, which must succeed. */
  String run(String step) {
    int colon = step.indexOf(": ");
    String place = step.substring(0, colon);
    String command = replaced(step.substring(colon + 2));
    return switch (place) {
      case "exec" -> lab.client("node1", "", "exec", command).orFail();
      case "lab" -> lab.run(command.split(" ")).orFail();
      case "apply" -> lab.client("node1", command, "apply", "-f", "-").orFail();
      case "delete" -> lab.client("node1", "", ("delete " + command).split(" ")).orFail();
      case "attach" -> attach(command);
      case "detach" -> detach(command);
      case "remove" -> remove(command);
      case "make" -> make(command);
      case "edit" -> edit(command.split(" ", 3));
      default -> shell(place, command);
    };
  }

  private String attach(String label) {
    String pool = Place.valueOf(label.toUpperCase(java.util.Locale.ROOT).replace('-', '_')).pool;
    JsonObject ipam = new JsonObject();
    if (!pool.isEmpty()) {
      JsonArray names = new JsonArray();
      names.add(pool);
      ipam.add("ipv4_pools", names);
    }
    Pod.Answer answer =
        pods.get(label).call("ADD", pool.isEmpty() ? Map.of() : Map.of("ipam", ipam));
    if (answer.status() != 0) {
      throw new AssertionError(label + ": " + answer.output());
    }
    answer.addresses().forEach(a -> words.put(a.contains(":") ? label + "6" : label, a));
    return "";
  }

  private String detach(String label) {
    pods.get(label).del();
    return "";
  }

  /** The namespace goes, and no runtime says so. */
  private String remove(String label) {
    Shell.run("ip", "netns", "delete", pods.get(label).netns()).orFail();
    return "";
  }

  private String make(String label) {
    Shell.run("ip", "netns", "add", pods.get(label).netns()).orFail();
    return "";
  }

  /** Of kind and name, by a script of sed. */
  private String edit(String[] words) {
    String json = lab.client("node1", "", "get", words[0], words[1], "-o", "json").orFail();
    String text = json.replaceAll(",\"resourceVersion\":\"\\d+\"", "");
    String edited = Shell.run(Map.of(), text, "sh", "-ec", "sed " + words[2]).orFail();
    return lab.client("node1", edited, "apply", "-f", "-").orFail();
  }

  private String shell(String place, String command) {
    String netns = pods.containsKey(place) ? pods.get(place).netns() : lab.netns(place);
    return Shell.run("nsenter", "--net=/run/netns/" + netns, "sh", "-ec", command).orFail();
  }

  /** Explains the way between two ends, as in {@code near far --port 80}. */
  Answer explain(String ends) {
    return explain("node1", ends);
  }

  Answer explain(String node, String ends) {
    List<String> line = new ArrayList<>(List.of("pod:explain"));
    for (String word : ends.split(" ")) {
      String name = words.getOrDefault(word + ".name", replaced(word));
      line.add(words.containsKey(word) && word.endsWith("6") ? words.get(word) : name);
    }
    line.add("--json");
    Result result = lab.client(node, "", "exec", String.join(" ", line));
    int begin = result.output().indexOf("[");
    int end = result.output().lastIndexOf("\n]");
    if (begin < 0 || end < begin) {
      throw new AssertionError(line + ": exit " + result.exitCode() + ": " + result.output());
    }
    JsonArray rows =
        JsonParser.parseString(result.output().substring(begin, end + 2)).getAsJsonArray();
    return new Answer(result.exitCode(), rows.get(0).getAsJsonObject());
  }

  /** Whether a pattern, in which words stand for addresses, is found in a text. */
  boolean finds(String pattern, String text) {
    return Pattern.compile(replaced(pattern)).matcher(text).find();
  }

  private String replaced(String text) {
    Matcher matcher = WORD.matcher(text);
    return matcher.replaceAll(
        m -> {
          String value = words.get(m.group(1));
          if (value == null) {
            throw new AssertionError("no word " + m.group());
          }
          return value;
        });
  }

  @Override
  public void close() throws IOException {
    lab.close();
  }
}
