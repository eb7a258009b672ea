"""Can't be imported."""

def predict(self:
