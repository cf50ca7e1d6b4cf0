// SPDX-License-Identifier: Apache-2.0
/** Network policy as a function from a view to kernel objects. */
@Export
@Version("1.0.0")
package io.margay.api.policy;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
