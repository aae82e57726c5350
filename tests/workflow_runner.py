"""The sandbox in which tests run journeys; production runs them without it."""

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

SANDBOX = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules("workflows")
)
"""Imports the workflow's files once, not anew for every run. Recorded histories are replayed in the
whole sandbox."""
