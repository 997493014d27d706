"""azq_client against a daemon whose Azure is the emulator; tests/tests/it/cli/python_client.rs runs this."""

import os
import signal
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor

from azq_client import Client, CommandError, DaemonError

SIZES = ["Standard_D4s_v5", "Standard_D2s_v5", "Standard_X1"]
POOL = {"resource_group_name": "myResourceGroup", "cluster_name": "myAKSCluster", "nodepool_name": "mynodepool"}


class ClientTest(unittest.TestCase):
    def setUp(self):
        self.azq = Client()
        self.addCleanup(self.azq.close)

    def test_a_command_is_answered_with_its_document(self):
        skus = self.azq.call("vm list-skus", location="eastus", size=SIZES[0])
        self.assertEqual([sku["name"] for sku in skus], SIZES[:1])

    def test_threads_share_a_connection(self):
        def names(size):
            return self.azq.call("vm list-skus", location="eastus", size=size, query="[].name")

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(names, SIZES * 8))
        self.assertEqual(found, [[SIZES[0]], [SIZES[1]], []] * 8)

    def test_a_write_waits_for_its_operation(self):
        pool = self.azq.call("aks nodepool update", pool=POOL, labels=["a=b"])
        self.assertEqual(pool["nodeLabels"], {"a": "b"})
        self.assertEqual(self.azq.call("aks nodepool show", pool=POOL)["nodeLabels"], {"a": "b"})

    def test_errors_have_azs_exit_codes(self):
        for command, fields, code, words in [
            ("aks nodepool show", {"pool": {**POOL, "nodepool_name": "nosuch"}}, 3, "NotFound"),
            ("aks nodepool show", {}, 2, "cluster_name"),
            ("vm list-skus", {"query": "["}, 2, "--query"),
        ]:
            with self.subTest(command=command, fields=fields):
                with self.assertRaises(CommandError) as caught:
                    self.azq.call(command, **fields)
                self.assertEqual(caught.exception.exit_code, code)
                self.assertIn(words, str(caught.exception))

    def test_an_unknown_field_is_named_with_those_that_there_are(self):
        with self.assertRaisesRegex(TypeError, "no field 'region'; it has: location, size"):
            self.azq.call("vm list-skus", region="eastus")

    def test_a_read_survives_its_daemon(self):
        self.azq.call("account show")
        status = subprocess.run(
            [os.environ["AZQ"], "daemon", "status", "-o", "json", "--query", "pid"], check=True, capture_output=True
        )
        os.kill(int(status.stdout), signal.SIGKILL)
        self.assertIn("id", self.azq.call("account show"))

    def test_without_azq_the_error_says_so(self):
        with self.assertRaisesRegex(DaemonError, "/no/such/azq"):
            Client(azq="/no/such/azq")

    def test_every_command_is_known(self):
        self.assertIn("vm list-skus", Client.commands())
        self.assertIn("location", Client.fields("vm list-skus"))


if __name__ == "__main__":
    unittest.main()
