// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.Owner;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs what was asked for together with what it took: one line per step. */
final class Report {
  private static final Logger LOG = LoggerFactory.getLogger(Report.class);

  private final List<String> requests = new ArrayList<>();
  private boolean remarkable;

  void declared(Owner owner, int objects, Cause cause, boolean isNew) {
    requests.add("declared owner=" + owner + " objects=" + objects + quoted(cause));
    remarkable |= isNew;
  }

  void retired(Owner owner, Cause cause) {
    requests.add("retired owner=" + owner + quoted(cause));
    remarkable = true;
  }

  void swept(int objects, Cause cause) {
    requests.add("swept objects=" + objects + quoted(cause));
    remarkable = true;
  }

  /** Declaring again what is there already is not worth a line. */
  void log(long written, long deleted) {
    if (requests.isEmpty()) {
      if (written + deleted > 0) {
        LOG.info("Kernel written={} deleted={} on an event, a timer or a retry", written, deleted);
      }
      return;
    }
    if (remarkable || written + deleted > 0) {
      int more = requests.size() - 1;
      String first = requests.get(0) + (more == 0 ? "" : " and " + more + " more");
      LOG.info("Kernel written={} deleted={} for {}", written, deleted, first);
    }
    LOG.debug("Kernel written={} deleted={} for {}", written, deleted, requests);
    requests.clear();
    remarkable = false;
  }

  private static String quoted(Cause cause) {
    return " cause=\"" + cause + "\"";
  }
}
