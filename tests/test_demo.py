from uniadgen.demo import example_requests, sheet
from uniadgen.generator import AdGenerator
from uniadgen.requests import check_request


def test_the_examples_are_one_product_and_two_shoppers(generator: AdGenerator) -> None:
    requests = example_requests()
    first, second = (check_request(request) for request in requests)
    assert first.selling_points == second.selling_points
    assert {click.text for click in first.history} != {click.text for click in second.history}
    ads = [generator.generate(r.product, r.history, seed=0, size=(256, 256)) for r in requests]
    picture = sheet(requests, ads)
    assert picture.height > 2 * 256
    assert len(picture.getcolors(2**24) or ()) > 1000  # clicks and ads are drawn
