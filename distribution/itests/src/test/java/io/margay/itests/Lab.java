// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import io.margay.itests.Shell.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A lab of its own for one test class, with the commands of {@code margay lab}. */
final class Lab {
  private final String name;
  private final Path folder;

  private Lab(String name, Path folder) {
    this.name = name;
    this.folder = folder;
  }

  /** Starts nodes node1 .. nodeN; files go below the folder. */
  static Lab up(Path folder, int nodes, String families) throws IOException, InterruptedException {
    Lab lab = new Lab("it" + ProcessHandle.current().pid(), folder);
    lab.run("up", "--nodes", Integer.toString(nodes), "--families", families).orFail();
    return lab;
  }

  Result run(String... words) throws IOException, InterruptedException {
    return Shell.end(start(words));
  }

  Process start(String... words) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Distribution.HOME.resolve("bin/margay").toString());
    command.add("lab");
    command.addAll(List.of(words));
    command.addAll(List.of("--name", name));
    return Shell.start(Map.of("MARGAY_LAB_DIR", folder.toString()), command.toArray(String[]::new));
  }

  /** The namespace of a node or a pod. */
  String netns(String nodeOrPod) {
    return name + "-" + nodeOrPod;
  }

  Path nodeState(String node) {
    return folder.resolve(name).resolve("nodes").resolve(node);
  }

  /** Ends the agents and removes everything. */
  void down() throws IOException, InterruptedException {
    run("down").orFail();
  }
}
