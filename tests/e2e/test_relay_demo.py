"""The relay's half of `make demo`: free registrations, a kill in the middle, nothing doubled."""


def test_three_register_for_free_one_is_refused_and_a_kill_loses_nothing(start):
    status, out, err = start("tools/demo/relay_demo.py").finish()
    assert (status, err) == (0, "")
    assert out.count("sponsored by a voucher of its operator") == 3
    assert "killed, and started again" in out
    assert out.count(" in block ") == 3
    assert "not_sponsored" in out
    assert "parties      DE ABC, DE DEF, DE GHI\n" in out
    (transactions,) = [
        line.split()[1].rstrip(",") for line in out.splitlines() if "transactions" in line
    ]
    assert 1 <= int(transactions) <= 3
