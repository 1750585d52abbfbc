"""Which component of a signal a policy will learn first, predicted from one batch of rollouts before any training.

from synthgym.baselines.predict import PredictConfig, predict

print(predict(PredictConfig(family="chain_sum", signal="binary+constant_accepted")))
"""

from synthgym.baselines.predict.batch import Batch, group_relative
from synthgym.baselines.predict.config import PredictConfig
from synthgym.baselines.predict.prediction import Prediction, Row
from synthgym.baselines.predict.running import predict

__all__ = ["Batch", "PredictConfig", "Prediction", "Row", "group_relative", "predict"]
