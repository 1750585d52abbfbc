"""An LLM judge grades completions by two criteria, with a cache and a cost count.

Runs without network: it starts a small endpoint of its own that grades by looking for the right answer. For a real
one, set BASE_URL and MODEL (and OPENAI_API_KEY, where the endpoint wants a key).

    python examples/llm_judge.py
"""

import json
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import synthgym


class FakeEndpoint(BaseHTTPRequestHandler):
    """Grades as an LLM would that can only compare: is the reference answer in the response?"""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))["messages"][1]["content"]
        reference, response = re.findall(
            r"<<<\w+ (?:reference answer|response)>>>\n(.*?)\n<<<", asked, re.DOTALL
        )
        scores = {"truth": float(reference in response), "brevity": 1.0 if len(response) < 40 else 0.2}
        content = json.dumps({"reason": f"the answer is {reference}", "score": scores})
        usage = {"prompt_tokens": len(asked) // 4, "completion_tokens": len(content) // 4}
        body = json.dumps({"choices": [{"message": {"content": content}}], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeEndpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    judge = synthgym.LLMJudge(
        model=os.environ.get("MODEL", "fake"),
        base_url=os.environ.get("BASE_URL", f"http://127.0.0.1:{server.server_address[1]}/v1"),
        criteria={"truth": "Is the final answer right?", "brevity": "Is it short?"},
        gate="truth",
        reference=True,
        prompt_price=0.15,
        completion_price=0.60,
    )
    task = synthgym.get_family("chain_sum").task(3)
    right = f"={task.reference.answer}"
    completions = [right, f"{'Let me think about it. ' * 5}\n{right}", "=1000", right, ""]
    verdicts = synthgym.score([task] * len(completions), completions, synthgym.Signal(verifier=judge))
    for completion, verdict in zip(completions, verdicts, strict=True):
        print(f"{completion[-30:]!r:40} {verdict.reward} {dict(verdict.components)} {verdict.error or ''}")
    print(f"{judge.usage.requests} requests, {judge.usage.cached} cached, cost {judge.usage.cost:.6f}")
    server.shutdown()


if __name__ == "__main__":
    main()
