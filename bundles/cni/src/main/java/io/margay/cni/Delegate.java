// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import com.google.gson.JsonObject;
import io.margay.cni.CniException.Code;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Another IPAM plugin, executed with the variables of our own call and its whole configuration. CNI
 * 1.1.0 section 4. It runs where the agent does, and its standard error is the agent's.
 *
 * @param type name of the plugin in CNI_PATH
 * @param call the call that we serve, of whichever verb
 */
record Delegate(String type, RawCall call) {
  private static final String SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

  /** The one that a call's configuration names; none when it cannot be read. */
  static Optional<Delegate> of(RawCall call) {
    try {
      JsonFields conf = new JsonFields(NetConf.object(call.input()), "");
      return of(IpamConf.ofDel(conf, call.variable(RawCall.PLUGIN)), call);
    } catch (CniException e) {
      return Optional.empty(); // A spooled DEL may have nothing but its name.
    }
  }

  static Optional<Delegate> of(IpamConf ipam, RawCall call) {
    return ipam.delegate().map(type -> new Delegate(type, call));
  }

  /** Has addresses assigned. */
  IpamResult add(Attachment attachment, Deadline deadline) throws CniException {
    byte[] output = run(Verb.ADD, attachment, deadline);
    try {
      return IpamResult.parse(NetConf.object(output));
    } catch (CniException e) {
      throw failed("its result: " + e.getMessage());
    }
  }

  /**
   * Executes it.
   *
   * @param attachment of the call, or for a DEL another one of its network
   * @return what it printed
   * @throws CniException it failed, with its own code; or it cannot be run, or not in time
   */
  byte[] run(Verb verb, Attachment attachment, Deadline deadline) throws CniException {
    ProcessBuilder builder =
        new ProcessBuilder(executable().toString()).redirectError(ProcessBuilder.Redirect.INHERIT);
    Map<String, String> environment = builder.environment();
    environment.clear();
    environment.putAll(call.environment());
    environment.remove(RawCall.PLUGIN);
    environment.remove(RawCall.BOOT_ID);
    environment.put("PATH", SYSTEM_PATH);
    environment.put("CNI_COMMAND", verb.name());
    environment.put("CNI_CONTAINERID", attachment.container());
    environment.put("CNI_IFNAME", attachment.ifname());
    try {
      // Files, so that no child that it leaves behind can keep us waiting for the end of a pipe.
      Path input = Files.createTempFile("cni-", ".in");
      Path output = Files.createTempFile("cni-", ".out");
      try {
        Files.write(input, call.input());
        builder.redirectInput(input.toFile()).redirectOutput(output.toFile());
        int status = await(builder.start(), deadline);
        byte[] printed = read(output);
        if (status != 0) {
          throw error(status, printed);
        }
        return printed;
      } finally {
        Files.delete(input);
        Files.delete(output);
      }
    } catch (IOException e) {
      throw failed(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CniException(Code.TRY_AGAIN_LATER, "the agent is stopping", e);
    }
  }

  private int await(Process process, Deadline deadline) throws CniException, InterruptedException {
    try {
      if (process.waitFor(deadline.millisLeft(), TimeUnit.MILLISECONDS)) {
        return process.exitValue();
      }
      throw failed("did not end in time and was killed");
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static byte[] read(Path output) throws IOException {
    try (InputStream printed = Files.newInputStream(output)) {
      return printed.readNBytes(RawCall.MAX_BYTES);
    }
  }

  /**
   * Where it is.
   *
   * @throws CniException nowhere
   */
  Path executable() throws CniException {
    String path = call.variable("CNI_PATH");
    for (String directory : path.split(":")) {
      Path file = Path.of(directory, type);
      if (file.isAbsolute() && Files.isRegularFile(file) && Files.isExecutable(file)) {
        return file;
      }
    }
    throw CniException.delegated(
        Code.INVALID_ENVIRONMENT.number(),
        "CNI_PATH: no IPAM plugin " + type + " in " + CniException.quoted(path));
  }

  private CniException error(int status, byte[] output) {
    try {
      JsonObject error = NetConf.object(output);
      JsonFields fields = new JsonFields(error, "");
      int number = fields.integer("code").orElse(Code.DELEGATE.number());
      String details = fields.string("details").map(text -> "; " + text).orElse("");
      return CniException.delegated(number, type + ": " + fields.required("msg") + details);
    } catch (CniException e) {
      return failed("ended with status " + status + " and no error");
    }
  }

  private CniException failed(String why) {
    return CniException.delegated(Code.DELEGATE.number(), type + ": " + why);
  }
}
