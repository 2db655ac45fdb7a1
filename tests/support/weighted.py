from ingest.fitted import FusionWeights
from service.search.fusion import Weighted


def weighted(bm25: float, dense: float, title: float, asked: float, listed: float, **others: float) -> Weighted:
    """Make the weighted fusion of some weights."""
    return Weighted(
        FusionWeights(bm25=bm25, dense=dense, title=title, asked=asked, listed=listed, expansion=0.4, **others)
    )
